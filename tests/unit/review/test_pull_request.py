"""Whether the code of a pull request may run with secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cks_components.review.pull_request import Origin, is_one, origin

OWN = {"full_name": "acme/access"}


def event(folder: Path, written: Any) -> dict[str, str]:
    path = folder / "event.json"
    path.write_text(written if isinstance(written, str) else json.dumps(written))
    return {"GITHUB_EVENT_PATH": str(path), "GITHUB_ACTOR": "somebody"}


def pull_request(head: dict[str, str] | None) -> dict[str, Any]:
    return {"pull_request": {"head": {"repo": head}, "base": {"repo": OWN}}}


def test_github_says_where_a_branch_is(tmp_path: Path) -> None:
    assert origin(event(tmp_path, pull_request(OWN))) is Origin.OWN
    assert origin(event(tmp_path, pull_request({"full_name": "x/access"}))) is Origin.FORK


def test_a_fork_that_was_deleted_is_a_fork(tmp_path: Path) -> None:
    assert origin(event(tmp_path, pull_request(None))) is Origin.FORK


def test_a_workflow_that_follows_one_of_a_fork_may_not_run_its_code(tmp_path: Path) -> None:
    def following(head: dict[str, str]) -> dict[str, str]:
        return event(tmp_path, {"workflow_run": {"head_repository": head}, "repository": OWN})

    assert origin(following(OWN)) is Origin.OWN
    assert origin(following({"full_name": "x/access"})) is Origin.FORK


@pytest.mark.parametrize(
    ("followed", "expected"), [("push", False), ("pull_request", True), ("merge_group", True)]
)
def test_a_workflow_that_follows_another_is_what_that_was(
    tmp_path: Path, followed: str, expected: bool
) -> None:
    name = {"GITHUB_EVENT_NAME": "workflow_run"}

    assert is_one(event(tmp_path, {"workflow_run": {"event": followed}}) | name) is expected
    assert is_one(event(tmp_path, "{") | name)


def test_a_bot_may_be_without_secrets_on_a_branch_of_the_repository(tmp_path: Path) -> None:
    bot = {"GITHUB_ACTOR": "dependabot[bot]"}

    assert origin(event(tmp_path, pull_request(OWN)) | bot) is Origin.UNKNOWN
    assert origin(event(tmp_path, pull_request(None)) | bot) is Origin.FORK


@pytest.mark.parametrize(
    "written", [{"ref": "main"}, "{", [], {"pull_request": []}, {"pull_request": {"head": {}}}]
)
def test_an_event_that_is_no_pull_request_says_nothing(tmp_path: Path, written: Any) -> None:
    assert origin(event(tmp_path, written)) is Origin.UNKNOWN


def test_an_event_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert origin({"GITHUB_EVENT_PATH": str(tmp_path / "none")}) is Origin.UNKNOWN


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [("5", "5", Origin.OWN), ("6", "5", Origin.FORK), ("", "5", Origin.UNKNOWN)],
)
def test_gitlab_says_where_a_branch_is(source: str, target: str, expected: Origin) -> None:
    variables = {
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": source,
        "CI_MERGE_REQUEST_PROJECT_ID": target,
    }

    assert origin(variables) is expected
    assert origin({}) is Origin.UNKNOWN
