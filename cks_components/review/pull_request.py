"""Whose code a pull request brings, as the CI system tells its jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path


class Origin(Enum):
    """Where the code of a pull request comes from.

    Attributes:
        OWN: a branch of the repository itself, whose jobs have its secrets.
        FORK: another repository; its code must not run with secrets.
        UNKNOWN: this is no job of a CI system that is known here, no pull request, or a bot's.
    """

    OWN = "own"
    FORK = "fork"
    UNKNOWN = "unknown"


def origin(variables: Mapping[str, str]) -> Origin:
    """Find out where the code comes from.

    Args:
        variables: those of the job: of GitHub Actions, and of GitLab from
            https://docs.gitlab.com/ci/variables/predefined_variables/.
    """
    event = variables.get("GITHUB_EVENT_PATH")
    if event:
        return _on_github(Path(event), is_bot=variables.get("GITHUB_ACTOR", "").endswith("[bot]"))
    source = variables.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
    target = variables.get("CI_MERGE_REQUEST_PROJECT_ID")
    if not source or not target:
        return Origin.UNKNOWN
    return Origin.OWN if source == target else Origin.FORK


def is_one(variables: Mapping[str, str]) -> bool:
    """Whether the job may run for a pull request, whoever opened it; `variables` as for `origin`.

    In a merge queue too, where it is not merged yet; for a comment, which does not say what was
    checked out; and for a workflow that follows another, unless that did not run for one.
    """
    event = variables.get("GITHUB_EVENT_NAME", "")
    if event == "workflow_run":
        event = _followed(Path(variables.get("GITHUB_EVENT_PATH", "")))
    is_on_github = event.startswith("pull_request") or event in ("merge_group", "issue_comment")
    return is_on_github or bool(variables.get("CI_MERGE_REQUEST_IID"))


def _followed(event: Path) -> str:
    """For which event the other workflow ran; a pull request if that is not known."""
    try:
        return str(json.loads(event.read_text(encoding="utf-8"))["workflow_run"]["event"])
    except (OSError, ValueError, LookupError, TypeError):
        return "pull_request"


def _on_github(event: Path, *, is_bot: bool) -> Origin:
    """A bot's branch is the repository's own, but its jobs may have other secrets, or none."""
    try:
        payload = json.loads(event.read_text(encoding="utf-8"))
        if "workflow_run" in payload:  # has the repository's secrets, whosever code it follows
            head, base = payload["workflow_run"]["head_repository"], payload["repository"]
        else:
            head, base = (payload["pull_request"][end]["repo"] for end in ("head", "base"))
        is_own = head is not None and head["full_name"] == base["full_name"]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return Origin.UNKNOWN
    if not is_own:
        return Origin.FORK
    return Origin.UNKNOWN if is_bot else Origin.OWN
