"""The part about the rules: what refuses the file, what is new, and what was there before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from cks_components.review.markdown_text import escaped
from cks_components.review.part import Attention, Fold, Part, Point
from cks_components.rules import Finding, Level, joined

_GRANTS = "OIDC-19"
"""It says who gets what, as the part about access does."""


def of_findings(
    stack: str,
    found: Sequence[Finding],
    before: Iterable[Finding],
    located: Callable[[Finding], str] = str,
) -> Part:
    """What the rules find; errors, new waivers and new warnings are to be looked at first.

    Args:
        stack: the stack's name.
        found: the findings in the version that is reviewed.
        before: the findings in the version that it is compared with.
        located: makes the line of a finding.
    """
    found = [finding for finding in found if finding.rule != _GRANTS or finding.waiver]
    new = _new(found, before)
    errors = joined(finding for finding in found if finding.refuses)
    waived = joined(finding for finding in new if finding.waiver)
    warnings = joined(finding for finding in new if finding.level is Level.WARNING)
    standing = joined(f for f in found if f.level is Level.WARNING and f not in new)
    notes = joined(f for f in found if f.level is Level.INFORMATION and not (f.waiver and f in new))
    counted = [
        *_counted(errors, "error"),
        *_counted(waived, "new waiver"),
        *_counted(warnings, "new warning"),
        *_counted(standing, "warning", " as before"),
        *_counted(notes, "note"),
    ]
    points = [
        Point(attention, escaped(located(finding)))
        for attention, some in (
            (Attention.FAILURE, errors),
            (Attention.REVIEW, waived),
            (Attention.WARNING, warnings),
        )
        for finding in some
    ]
    rest = [*standing, *notes]
    lines = tuple(f"- {finding.level}: {escaped(located(finding))}" for finding in rest)
    quiet = Attention.NOTE if standing else Attention.NONE
    return Part(
        attention=points[0].attention if points else quiet,
        verdict=_verdict(counted[0], errors) if points or standing else "no rule is broken",
        points=tuple(points),
        folds=(Fold(f"Rules: {', '.join(counted)}", lines),) if rest else (),
        summary="" if counted else "No rule is broken.",
        command=f"cks-access check {stack}",
    )


def _verdict(worst: str, errors: Sequence[Finding]) -> str:
    return f"refused by the rules ({worst})" if errors else f"{worst} of the rules"


def _counted(found: Sequence[Finding], name: str, more: str = "") -> list[str]:
    many = "" if len(found) == 1 else "s"
    return [f"{len(found)} {name}{many}{more}"] if found else []


def _new(found: Sequence[Finding], before: Iterable[Finding]) -> list[Finding]:
    """The findings that the other version does not have, in the same or in another place of it."""
    known = set(before)
    left = [finding for finding in found if finding not in known]
    moved = Counter(_anywhere(finding) for finding in known.difference(found))
    new = []
    for finding in left:
        if moved[_anywhere(finding)]:
            moved[_anywhere(finding)] -= 1
        else:
            new.append(finding)
    return new


def _anywhere(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.level, finding.text
