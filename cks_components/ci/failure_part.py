"""The part of a summary about what was not done, or failed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cks_components.project.engine_run import EngineRun
from cks_components.review import engine_remedy
from cks_components.review.markdown_text import escaped
from cks_components.review.part import Attention, Part, Point


def not_done(verdict: str, reasons: Iterable[str], command: str, *, advice: bool = False) -> Part:
    """Something that could not be begun.

    Args:
        verdict: what, for the headline; Markdown.
        reasons: why, and what to do; plain text.
        command: what to run by hand, to see the same.
        advice: whether the engine gave the reasons, so that what to do is added.
    """
    lines = [
        f"{escaped(reason)}{engine_remedy.advice(reason) if advice else ''}" for reason in reasons
    ]
    return _failed(verdict, lines, command)


def of_run(verdict: str, run: EngineRun, command: str, said: Collection[str] = ()) -> Part:
    """A command of the engine that failed; the arguments are those of `not_done`.

    Args:
        verdict: what failed.
        run: the command.
        command: as for `not_done`.
        said: lines that the summary has elsewhere.
    """
    return _failed(verdict, engine_remedy.errors(run, said), command)


def _failed(verdict: str, lines: Iterable[str], command: str) -> Part:
    return Part(
        attention=Attention.FAILURE,
        verdict=verdict,
        points=tuple(Point(Attention.FAILURE, line) for line in lines),
        command=command,
    )
