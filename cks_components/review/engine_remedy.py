"""What to do if the engine could not begin a command: the backend, its credentials, its lock."""

from __future__ import annotations

import re
from collections.abc import Collection

from cks_components.project.engine_run import EngineRun
from cks_components.review.markdown_text import escaped

_NO_STACK = "no stack named"
_REMEDIES = (
    (
        _NO_STACK,
        "the backend has no stack of this name: look whether `PULUMI_BACKEND_URL` and the name are "
        "right; a new stack is made with `pulumi stack init`",
    ),
    (
        "must be set for login|not logged in|401|Unauthorized|credentials",
        "the job may not read the state: give it `PULUMI_BACKEND_URL` and valid credentials of that "
        "backend, for Pulumi Cloud `PULUMI_ACCESS_TOKEN`",
    ),
    (
        "passphrase",
        "give the job the stack's `PULUMI_CONFIG_PASSPHRASE`",
    ),
    (
        "locked by|currently in progress|409",
        "another update of this stack is running: run the job again when it has ended; if it was "
        "killed, `pulumi cancel` removes its lock",
    ),
    (
        "connection refused|no such host|dial tcp|timed? ?out|deadline exceeded|bucket|no such file",
        "the backend of the state cannot be reached: look at `PULUMI_BACKEND_URL` and at the network "
        "of the job, then run it again",
    ),
)
"""What to do about an error before the engine has started, by what its message contains."""

_LOCK_HOLDER = re.compile(r"\.json: created by (\S.* \(pid \d+\) at \S+)$")
"""A line of a self-managed backend; before it stands the address of the lock's file."""


def advice(message: str) -> str:
    """What to do about a message, as Markdown that is appended to it; empty if that is not known."""
    found = (text for pattern, text in _REMEDIES if re.search(pattern, message, re.IGNORECASE))
    return "".join(f"; {text}" for text in list(found)[:1])


def errors(run: EngineRun, said: Collection[str] = ()) -> list[str]:
    """Why a command failed, and what to do if the engine could not begin it; Markdown.

    Args:
        run: the command.
        said: lines that stand elsewhere.
    """
    remedy = "" if run.events else advice(" ".join(run.errors))
    holders = [found[1] for text in run.errors if (found := _LOCK_HOLDER.search(text))]
    if holders:
        return [f"the state is locked by {escaped(', '.join(holders))}{remedy}"]
    return [f"{escaped(text)}{remedy}" for text in run.errors if text not in said]


def has_no_stack(run: EngineRun) -> bool:
    """Whether the backend knows no stack of this name."""
    return not run.events and any(_NO_STACK in line for line in run.errors)
