"""What the engine's history of a stack says of its last update."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cks_components.project import pulumi_command

Kind = Literal["none", "update", "destroy"]

_LOOKED_AT = 50
"""The newest entries of the history."""
_CHANGES = ("update", "destroy")
_NO_CHANGE = {"same", "read"}


@dataclass(frozen=True)
class LastUpdate:
    """The last update that succeeded, and what came after it.

    Attributes:
        kind: "update"; "destroy" if one came after it, so that nothing is left of it; "none" if there
            is neither.
        commit: the git commit that it was made from; None if it was made outside of a repository.
        has_uncommitted: whether it was made from files that were not committed.
        failed: later updates and destroys that failed, which may have done a part of their work.
        changed: when something was last changed, by whichever of them; None for never.
    """

    kind: Kind = "none"
    commit: str | None = None
    has_uncommitted: bool = False
    failed: tuple[str, ...] = ()
    changed: datetime | None = None


def last_update(stack: str, *, besides: str, committed: str) -> LastUpdate:
    """The last update of a stack.

    Args:
        stack: the stack's name.
        besides: the message of updates that do not count, because they left something out.
        committed: the message of updates that were made from committed files, although the engine
            counts a file that git does not track as a change.

    Raises:
        SettingsError: the engine cannot be asked.
    """
    printed = pulumi_command.printed(
        *("stack", "history", "--json", f"--page-size={_LOOKED_AT}", f"--stack={stack}"),
        attempt=f'cannot read the history of stack "{stack}"',
    )
    entries = [
        entry
        for entry in json.loads(printed) or ()  # the newest first
        if entry["kind"] in _CHANGES and entry.get("message") != besides
    ]
    ended = (datetime.fromisoformat(entry["endTime"]) for entry in entries if _changes(entry))
    changed = next(ended, None)
    failed: list[str] = []
    for entry in entries:
        if entry["result"] == "succeeded":
            made = entry.get("environment", {})
            is_dirty = made.get("git.dirty") == "true" and entry.get("message") != committed
            commit = made.get("git.head") if entry["kind"] == "update" else None
            return LastUpdate(entry["kind"], commit, is_dirty, tuple(failed), changed)
        failed.append(entry["kind"])
    return LastUpdate(failed=tuple(failed), changed=changed)


def _changes(entry: Mapping[str, Any]) -> bool:
    """Whether it changed something, as far as the engine counted it."""
    counted = entry.get("resourceChanges")
    return counted is None or any(n for step, n in counted.items() if step not in _NO_CHANGE)
