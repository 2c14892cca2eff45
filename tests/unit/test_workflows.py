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


def test_actions_are_pinned_by_commit(text: str) -> None:
    used = [line for line in text.splitlines() if "uses:" in line]

    assert used
    assert [line for line in used if not PINNED.search(line)] == []


def test_permissions_are_named_and_small(text: str) -> None:
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    allowed = {"contents": "read", "pull-requests": "write", "id-token": "write"}
    for job in jobs(text):
        assert job.get("permissions", {}).items() <= allowed.items()
        assert job["timeout-minutes"] <= 60


def test_a_fork_never_runs_with_secrets(text: str) -> None:
    """Its code is checked out, so it must come by the event that has none."""
    assert "pull_request_target" not in text


def test_no_value_of_a_pull_request_reaches_a_shell_as_code(text: str) -> None:
    for job in jobs(text):
        scripts = [step["run"] for step in job["steps"] if "run" in step]
        assert [script for script in scripts if "${{" in script] == []


def test_every_environment_is_previewed() -> None:
    matrix = jobs((FOLDER / "preview.yml").read_text())[0]["strategy"]["matrix"]["stack"]
    lab = {"local", "keycloak"}

    stacks = {path.name.split(".")[1] for path in (FOLDER.parents[1] / "stacks").iterdir()}
    assert set(matrix) == stacks - lab
