"""The part about the tests of access: which promises are broken, and which cannot be decided."""

from __future__ import annotations

from collections.abc import Sequence

from cks_components.access import promise_report
from cks_components.access.promise_check import Outcome, Verdict
from cks_components.review.markdown_text import escaped
from cks_components.review.part import Attention, Fold, Part, Point

_ATTENTION = {Verdict.BROKEN: Attention.FAILURE, Verdict.UNDECIDED: Attention.REVIEW}


def of_outcomes(stack: str, outcomes: Sequence[Outcome]) -> Part:
    """What came of the promises, by the stack file alone; a broken one refuses the change.

    Args:
        stack: the stack's name.
        outcomes: of its promises, at least one.
    """
    found = promise_report.lines(outcomes)
    points = tuple(
        Point(_ATTENTION[line.verdict], escaped(f"{line.verdict} promise: {line.text}"))
        for line in found
        if line.verdict in _ATTENTION
    )
    kept = [line for line in found if line.verdict not in _ATTENTION]
    counted = promise_report.summary(outcomes)
    title = f"Tests of access: {counted}"
    return Part(
        attention=max((point.attention for point in points), default=Attention.NONE),
        verdict=f"tests of access: {counted}",
        points=points,
        summary="" if kept else f"{title}.",
        folds=(Fold(title, tuple(f"- {escaped(line.text)}" for line in kept)),) if kept else (),
        command=f"cks-access test {stack}",
    )
