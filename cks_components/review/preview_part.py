"""The part about the preview: what the engine would do, or why it could not say so."""

from __future__ import annotations

import re
from collections.abc import Collection

from cks_components.review.engine_run import EngineRun
from cks_components.review.markdown_text import escaped
from cks_components.review.part import Attention, Part, Point

_PLANNED = (
    "Planned from what the last update or refresh recorded. What somebody changed on a cluster since "
    "then is not in it, and an update over it may be refused; "
    "`pulumi refresh --preview-only --diff` shows it."
)
_VERDICTS = {True: "there is something to update", False: "there is nothing to update"}
_NO_STACK = "no stack named"
_REMEDIES = (
    (
        _NO_STACK,
        "the backend has no stack of this name: look whether PULUMI_BACKEND_URL and the name are "
        "right; a new stack is made with `pulumi stack init`",
    ),
    (
        "must be set for login|not logged in|401|Unauthorized|credentials",
        "the job may not read the state: give it PULUMI_BACKEND_URL and valid credentials of that "
        "backend, for Pulumi Cloud PULUMI_ACCESS_TOKEN",
    ),
    (
        "passphrase",
        "give the job the stack's PULUMI_CONFIG_PASSPHRASE",
    ),
    (
        "locked by|currently in progress|409",
        "another update of this stack is running: run the job again when it has ended; if it was "
        "killed, `pulumi cancel` removes its lock",
    ),
    (
        "connection refused|no such host|dial tcp|timed? ?out|deadline exceeded|bucket|no such file",
        "the backend of the state cannot be reached: look at PULUMI_BACKEND_URL and at the network "
        "of the job, then run it again",
    ),
)
"""What to do about an error before the engine has started, by what its message contains."""


def of_preview(stack: str, run: EngineRun, said: Collection[str] = ()) -> Part:
    """What an update would do.

    Args:
        stack: the stack's name.
        run: of `pulumi preview`.
        said: what the comment says elsewhere, such as the findings of the rules.
    """
    if run.code != 0:
        return _failed(stack, run, said)
    warnings = [text for text in run.said("warning") if text not in said]
    notes = [text for text in run.said("info", "info#err") if text not in said]
    quiet = Attention.NOTE if run.planned else Attention.NONE
    counted = f"{len(warnings)} {'warning' if len(warnings) == 1 else 'warnings'} of the preview"
    return Part(
        attention=Attention.WARNING if warnings else quiet,
        verdict=counted if warnings else _VERDICTS[bool(run.planned)],
        points=tuple(Point(Attention.WARNING, escaped(text)) for text in warnings),
        fold=f"Preview: {run.summary}",
        folded=(_PLANNED, "", *(f"- {escaped(text)}" for text in notes)),
        code=run.out.strip(),
        command=_command(stack),
    )


def left_out(stack: str, why: str, *, fails: bool = False) -> Part:
    """A preview that was not made.

    Args:
        stack: the stack's name.
        why: the reason, and what to do if it was to be made, as Markdown.
        fails: whether it had to be made.
    """
    return Part(
        attention=Attention.FAILURE if fails else Attention.NOTE,
        verdict="it could not be previewed" if fails else "not previewed",
        points=(Point(Attention.FAILURE, f"no preview was made: {why}"),) if fails else (),
        summary="" if fails else f"**Preview**: left out, because {why}.",
        command=_command(stack),
    )


def _failed(stack: str, run: EngineRun, said: Collection[str]) -> Part:
    errors = [text for text in run.errors if text not in said]
    remedy = "" if run.events else _remedy(" ".join(errors))
    points = [f"the preview failed: {escaped(text)}{remedy}" for text in errors]
    return Part(
        attention=Attention.FAILURE,
        verdict="the preview failed",
        points=tuple(Point(Attention.FAILURE, point) for point in points),
        fold="Preview: all of its output",
        code=f"{run.out}\n{run.err}".strip(),
        command=_command(stack),
    )


def _remedy(message: str) -> str:
    found = (text for pattern, text in _REMEDIES if re.search(pattern, message, re.IGNORECASE))
    return "".join(f"; {text}" for text in list(found)[:1])


def _command(stack: str) -> str:
    return f"pulumi preview --diff --stack {stack}"
