"""The commit from which a stack was last updated, as the engine's history of the stack has it."""

from __future__ import annotations

import json

from cks_components.project import pulumi_command

_LOOKED_AT = 50
"""The newest entries of the history."""


def commit(stack: str, *, besides: str) -> str | None:
    """The git commit of the last update that succeeded; None if there is none.

    Args:
        stack: the stack's name.
        besides: the message of updates that do not count, because they left something out.

    Raises:
        SettingsError: the engine cannot be asked.
    """
    printed = pulumi_command.printed(
        *("stack", "history", "--json", f"--page-size={_LOOKED_AT}", f"--stack={stack}"),
        attempt=f'cannot read the history of stack "{stack}"',
        otherwise="name the revision to compare with",
    )
    for entry in json.loads(printed) or ():  # the newest first
        is_whole = entry["kind"] == "update" and entry.get("message") != besides
        head = entry.get("environment", {}).get("git.head")
        if is_whole and entry["result"] == "succeeded" and head:
            return str(head)
    return None
