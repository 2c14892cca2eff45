"""The action and the components of GitLab have the form that their hosts read, and real commands."""

from __future__ import annotations

import json
import re
import shlex
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.command_line import parsed
from tests.documentation import blocks
from tests.workflow_step import action_step, component_step, run

ROOT = Path(__file__).resolve().parents[2]
COMPONENTS = sorted((ROOT / "templates").iterdir())
WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
_INPUT = re.compile(r"\$\[\[ inputs\.(\w+) \]\]")


def problems(kind: str, document: Any) -> list[str]:
    """What the schema that is published for a kind of file says against a document."""
    file = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{kind}.json"
    validator = jsonschema.Draft7Validator(json.loads(file.read_text()))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    header, jobs = yaml.safe_load_all(path.read_text())
    return header, jobs


@pytest.mark.parametrize("path", COMPONENTS, ids=[p.stem for p in COMPONENTS])
def test_a_component_has_the_form_that_gitlab_reads(path: Path) -> None:
    header, jobs = read(path)
    inputs = header["spec"]["inputs"]
    filled = _INPUT.sub(
        lambda found: str(inputs[found[1]].get("default", "production")), path.read_text()
    )

    assert problems("gitlab-ci", header) == []
    assert problems("gitlab-ci", list(yaml.safe_load_all(filled))[1]) == []
    assert set(_INPUT.findall(path.read_text())) == inputs.keys()
    assert jobs


@pytest.mark.parametrize("path", COMPONENTS, ids=[p.stem for p in COMPONENTS])
def test_a_component_runs_our_commands_and_holds_no_secret(path: Path) -> None:
    lines = [line for job in read(path)[1].values() for line in job["script"]]
    ours = [line for line in lines if line.startswith("cks-access ")]

    assert ours
    for line in ours:
        parsed(shlex.split(line.removesuffix("${baseline:-}"))[1:])
    assert "TOKEN:" not in path.read_text().replace("COREWEAVE_OIDC_TOKEN:", "")


@pytest.mark.parametrize("path", COMPONENTS, ids=[p.stem for p in COMPONENTS])
def test_what_changes_something_never_runs_for_a_merge_request(path: Path) -> None:
    for name, job in read(path)[1].items():
        conditions = [rule["if"] for rule in job["rules"]]
        of_requests = [c for c in conditions if "merge_request_event" in c]
        assert (of_requests != []) == ("preview" in name)


def test_the_action_has_the_form_that_github_reads() -> None:
    assert problems("github-actions", yaml.safe_load((ROOT / "action.yml").read_text())) == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=[p.stem for p in WORKFLOWS])
def test_a_workflow_has_the_form_that_github_reads(path: Path) -> None:
    document = yaml.safe_load(path.read_text())
    document["on"] = document.pop(True)  # YAML 1.1 reads `on` as true

    assert problems("github-workflows", document) == []


def test_the_schemas_find_what_is_wrong() -> None:
    assert problems("gitlab-ci", {"job": {"script": 5}})
    assert problems("github-actions", {"name": "x"})
    assert problems("github-workflows", {"on": "push"})


def shown(start: str) -> dict[Any, Any]:
    """The block of docs/ci.md that begins with a comment."""
    page = ROOT / "docs" / "ci.md"
    (block,) = [text for text in blocks(page, "yml") if text.startswith(start)]
    found: dict[Any, Any] = yaml.safe_load(block)
    return found


def test_the_workflow_of_the_page_calls_what_there_is_with_what_it_needs() -> None:
    document = shown("# .github/workflows")
    document["on"] = document.pop(True)

    assert problems("github-workflows", document) == []
    for name, job in document["jobs"].items():
        called, at, _ = job["uses"].partition("@")
        file = ROOT / called.removeprefix("OWNER/REPOSITORY/")
        text = file.read_text()
        workflow = yaml.safe_load(text)
        inputs = workflow[True]["workflow_call"]["inputs"]
        asked = [j["permissions"] for j in workflow["jobs"].values() if "permissions" in j]
        assert (file.stem, at) == (name, "@")
        assert job["with"].keys() <= inputs.keys()
        assert {key for key, value in inputs.items() if value.get("required")} <= job["with"].keys()
        assert job["permissions"] == {k: v for some in asked for k, v in some.items()}
        assert job["secrets"] == "inherit"


def test_the_pipeline_of_the_page_includes_what_there_is() -> None:
    document = shown("# .gitlab-ci.yml")
    included = {i["component"].rpartition("/")[2].partition("@")[0] for i in document["include"]}
    stages = {job["stage"] for path in COMPONENTS for job in read(path)[1].values()}
    defaults = {read(path)[0]["spec"]["inputs"]["stage"]["default"] for path in COMPONENTS}

    assert problems("gitlab-ci", document) == []
    assert included == {path.stem for path in COMPONENTS}
    assert (stages, defaults) == ({"$[[ inputs.stage ]]"}, {*document["stages"]})


@pytest.mark.parametrize(
    ("variables", "base"),
    [
        ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": "forked"}, "forked"),
        (
            {
                "CI_MERGE_REQUEST_DIFF_BASE_SHA": "forked",
                "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "to",
            },
            "to",
        ),
    ],
    ids=["merge request", "merged results"],
)
def test_a_merge_request_is_compared_with_what_it_was_made_from_or_is_merged_into(
    tmp_path: Path, variables: dict[str, str], base: str
) -> None:
    """A pipeline for merged results has checked out the merge, and alone has the target's commit."""
    checkout = tmp_path / "checkout"
    (checkout / "infra").mkdir(parents=True)
    program = checkout / "cks-access"
    program.write_text('#!/bin/sh\npwd\necho "$@"\n')
    program.chmod(0o755)
    found = component_step(
        "preview", "cks-access preview dev", stack="dev", folder="infra", setup="mkdir .venv"
    )

    ended = run(found, checkout, {"PATH": f"{checkout}:/usr/bin:/bin", **variables}, {})

    place, command = ended.log.splitlines()
    given = parsed(shlex.split(command))
    assert ended.code == 0, ended.log
    assert Path(place) == checkout / "infra"
    assert (checkout / "infra" / ".venv").is_dir()
    assert (given["base"], given["output"]) == (base, checkout / "comment.md")


def test_options_of_the_action_may_stand_on_several_lines(tmp_path: Path) -> None:
    """An option that is dropped may be the plan that a person has approved."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    program = checkout / "cks-access"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    inputs = {
        "inputs.command": "up",
        "inputs.stack": "dev",
        "inputs.options": "--base HEAD\n  --plan plan.json\n",
    }

    ended = run(action_step("Run"), checkout, {"PATH": f"{checkout}:/usr/bin:/bin"}, inputs)

    assert ended.code == 0, ended.log
    assert ended.log == "ci up dev --base HEAD --plan plan.json\n"
