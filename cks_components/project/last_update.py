"""The last update of a stack, as the engine's history of the stack has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from cks_components.project import pulumi_command

_LOOKED_AT = 50
"""The newest entries of the history."""


@dataclass(frozen=True)
class LastUpdate:
    """An update that succeeded.

    Attributes:
        commit: the git commit that it was made from; None if it was made outside of a repository.
        ended: when it ended.
    """

    commit: str | None
    ended: datetime


def last_update(stack: str, *, besides: str) -> LastUpdate | None:
    """The last update that succeeded; None if there is none.

    Args:
        stack: the stack's name.
        besides: the message of updates that do not count, because they left something out.

    Raises:
        SettingsError: the engine cannot be asked.
    """
    printed = pulumi_command.printed(
        *("stack", "history", "--json", f"--page-size={_LOOKED_AT}", f"--stack={stack}"),
        attempt=f'cannot read the history of stack "{stack}"',
    )
    for entry in json.loads(printed) or ():  # the newest first
        is_whole = entry["kind"] == "update" and entry.get("message") != besides
        if is_whole and entry["result"] == "succeeded":
            commit = entry.get("environment", {}).get("git.head")
            return LastUpdate(commit, datetime.fromisoformat(entry["endTime"]))
    return None
