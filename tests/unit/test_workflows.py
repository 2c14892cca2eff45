"""Workflows ask for little, and run what was reviewed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / ".github" / "workflows"
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d")
FILES = sorted(FOLDER.iterdir())


@pytest.fixture(params=FILES, ids=[path.name for path in FILES])
def text(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text()


def jobs(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load(text)["jobs"].values())


def steps(text: str) -> list[dict[str, Any]]:
    return [step for job in jobs(text) for step in job["steps"]]


def test_actions_are_pinned_by_commit(text: str) -> None:
    used = [line for line in text.splitlines() if "uses:" in line]

    assert used
    assert [line for line in used if not PINNED.search(line)] == []


def test_an_action_is_the_same_one_everywhere() -> None:
    examples = (FOLDER.parents[1] / "examples").glob("*/*.yml")
    texts = [path.read_text() for path in (*FILES, *examples)]
    used = {found for text in texts for found in re.findall(r"uses: (\S+)@(\S+ # \S+)", text)}

    assert len(used) == len({name for name, _ in used})


def test_every_job_reads_only_unless_it_is_named_here() -> None:
    may_do_more = {}
    for file in FILES:
        workflow = yaml.safe_load(file.read_text())
        assert workflow["permissions"] == {"contents": "read"}
        for name, job in workflow["jobs"].items():
            if "permissions" in job:
                may_do_more[f"{file.stem}/{name}"] = job["permissions"]

    assert may_do_more == {
        "preview/preview": {"contents": "read", "pull-requests": "write"},
        "release/publish": {"id-token": "write", "attestations": "write"},
    }


def test_every_job_has_a_limit_and_no_credentials_in_its_checkout(text: str) -> None:
    for job in jobs(text):
        assert job["timeout-minutes"] <= 60
    for step in steps(text):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_a_workflow_calls_what_people_call(text: str) -> None:
    """Targets of the Makefile that there are, and with variables that it has."""
    makefile = (FOLDER.parents[1] / "Makefile").read_text()
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    variables = set(re.findall(r"^(\w+) \?=", makefile, re.MULTILINE))

    for script in (step["run"] for step in steps(text) if "run" in step):
        for line in (line.strip() for line in script.splitlines()):
            if line.startswith("make "):
                words = line.split()[1:]
                given = {word.partition("=")[0] for word in words if "=" in word}
                assert {word for word in words if "=" not in word} <= targets
                assert given <= variables


def test_what_is_published_was_built_and_tried_by_another_job_without_a_cache() -> None:
    """The job that may publish runs no code of the repository, and nobody fills a cache for it."""
    text = (FOLDER / "release.yml").read_text()
    publish = yaml.safe_load(text)["jobs"]["publish"]
    used = [step["uses"].partition("@")[0] for step in publish["steps"]]

    assert yaml.safe_load(text)[True] == {"push": {"tags": ["v*"]}}  # YAML reads `on` as true
    assert publish["needs"] == "build"
    assert publish["environment"] == "pypi"
    assert used == [
        "actions/download-artifact",
        "actions/attest-build-provenance",
        "pypa/gh-action-pypi-publish",
    ]
    assert not re.search(r"^\s+(?:cache:|.*actions/cache@)", text, re.MULTILINE)


def test_a_fork_never_runs_with_secrets(text: str) -> None:
    """Its code is checked out, so it must come by the event that has none."""
    assert "pull_request_target" not in text


def test_no_value_of_a_pull_request_reaches_a_shell_as_code(text: str) -> None:
    assert [step["run"] for step in steps(text) if "${{" in step.get("run", "")] == []


def test_every_environment_is_previewed() -> None:
    matrix = jobs((FOLDER / "preview.yml").read_text())[0]["strategy"]["matrix"]["stack"]
    lab = {"local", "keycloak"}

    stacks = {path.name.split(".")[1] for path in (FOLDER.parents[1] / "stacks").iterdir()}
    assert set(matrix) == stacks - lab


def test_dependabot_looks_at_every_go_module() -> None:
    root = FOLDER.parents[1]
    entries = yaml.safe_load((root / ".github" / "dependabot.yml").read_text())["updates"]
    watched = {
        folder
        for entry in entries
        if entry["package-ecosystem"] == "gomod"
        for pattern in entry["directories"]
        for folder in root.glob(pattern.lstrip("/"))
        if (folder / "go.mod").exists()
    }
    ours = ("ci", "lab")

    assert watched == {path.parent for name in ours for path in (root / name).rglob("go.mod")}
