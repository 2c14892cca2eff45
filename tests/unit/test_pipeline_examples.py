"""The recipes for pipelines ask for what they need, and for nothing that does not exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command_line import parsed

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "pipelines"
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d")
WORKFLOWS = sorted(FOLDER.glob("*.yml"))


@pytest.fixture(params=WORKFLOWS, ids=[path.stem for path in WORKFLOWS])
def workflow(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text()


def job(text: str) -> dict[str, Any]:
    (only,) = yaml.safe_load(text)["jobs"].values()
    found: dict[str, Any] = only
    return found


def test_actions_are_pinned_and_rights_are_small(workflow: str) -> None:
    used = [line for line in workflow.splitlines() if "uses:" in line]

    assert [line for line in used if not PINNED.search(line)] == []
    assert yaml.safe_load(workflow)["permissions"] == {"contents": "read"}
    assert job(workflow)["environment"] == "production"
    scripts = [step["run"] for step in job(workflow)["steps"] if "run" in step]
    assert [script for script in scripts if "${{" in script] == []


def test_every_command_of_ours_in_a_recipe_is_one(workflow: str) -> None:
    scripts = [step["run"] for step in job(workflow)["steps"] if "run" in step]
    lines = [line for script in scripts for line in script.splitlines()]

    for line in lines:
        if line.startswith("cks-access "):
            parsed(shlex.split(line.partition(" > ")[0])[1:])


def test_the_recipe_without_a_secret_has_none_and_may_ask_for_the_jobs_token() -> None:
    text = (FOLDER / "no-secret.yml").read_text()
    kubeconfig = yaml.safe_load((FOLDER / "kubeconfig.yaml").read_text())

    assert "secrets." not in text
    assert job(text)["permissions"]["id-token"] == "write"
    ((user,),) = [kubeconfig["users"]]
    run = user["user"]["exec"]
    assert set(user["user"]) == {"exec"}
    assert run["command"] == "cks-access"
    assert parsed(run["args"]) == {"audience": "cks-production"}
