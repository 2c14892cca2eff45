"""The part about a changed program, whose effect is not in the tables of access."""

from __future__ import annotations

from cks_components.access.markdown_report import capital, quote
from cks_components.project.program_change import ProgramChange
from cks_components.review.part import Attention, Part, Point

_SHOWN = 10
_PACKAGES = "the packages of the program change"
_DATA = "files that the program may read change"
_ONLY_IN_PREVIEW = (
    "the tables of access show what the stack file grants; what the program adds to that, or leaves "
    "out, is in the preview alone, so read the change of the program and the preview"
)


def of_change(base: str, change: ProgramChange) -> tuple[Part, ...]:
    """What has changed in the program; nothing if nothing has.

    Args:
        base: the git revision that it is compared with.
        change: the files that differ.
    """
    noted = {_PACKAGES: change.packages, _DATA: change.data}
    notes = {verdict: f"{verdict} ({_named(files)})" for verdict, files in noted.items() if files}
    if not change.code and not notes:
        return ()
    points: tuple[Point, ...] = ()
    verdict = next(iter(notes), "")
    if change.code:
        verdict = "the program changes"
        text = f"{verdict} ({_named(change.code)}): {_ONLY_IN_PREVIEW}"
        points = (Point(Attention.REVIEW, text),)
    return (
        Part(
            attention=Attention.REVIEW if points else Attention.NOTE,
            verdict=verdict,
            points=points,
            summary=" ".join(f"{capital(note)}." for note in notes.values()),
            command=f"git diff {base}",
        ),
    )


def _named(files: tuple[str, ...]) -> str:
    more = len(files) - _SHOWN
    shown = ", ".join(map(quote, files[:_SHOWN]))
    return f"{shown} and {more} more" if more > 0 else shown
