"""The part about access: who gains and who loses what, or who has access by a deleted file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cks_components.access import markdown_report, report
from cks_components.access.difference import Difference
from cks_components.access.grants import Access
from cks_components.access.markdown_report import capital, inline, quote
from cks_components.access.quoted_text import Name, Phrase, spoken
from cks_components.access.report import Report, Table
from cks_components.review.markdown_text import escaped
from cks_components.review.part import Attention, Fold, Part, Point

_OPEN = 40
"""As many rows of a table are shown at once; the others are folded."""


def of_difference(
    stack: str, base: Phrase, difference: Difference, doubts: Sequence[Phrase] = ()
) -> Part:
    """Who gains and who loses what; the arguments are those of `report.of_difference`."""
    found = report.of_difference(stack, base, difference, doubts)
    quiet = Attention.NOTE if found.tables else Attention.NONE
    compared = f"compared with {inline(base)}"
    said = inline(found.summary)
    return _part(
        found,
        Attention.REVIEW if found.warnings else quiet,
        verdict=said if found.tables else f"{compared}, {said}",
        heading=f"Access, {compared}" if found.tables else "",
        command=f"cks-access access {stack} --diff {spoken(base[:1], str)}",
    )


def not_compared(stack: str, base: str, why: str) -> Part:
    """The part about access where there is nothing to compare with.

    Args:
        stack: the stack's name.
        base: the revision that cannot be read.
        why: as text, with what to do about it.
    """
    return Part(
        attention=Attention.FAILURE,
        verdict=f"its access could not be compared with {quote(base)}",
        points=(Point(Attention.FAILURE, escaped(why)),),
        command=f"cks-access access {stack} --diff {base}",
    )


def of_deletion(
    stack: str, revision: str, access: Access, doubts: Sequence[Phrase], *, is_destroyed: bool
) -> Part:
    """Who has access by a stack file that was deleted.

    Args:
        stack: the stack's name.
        revision: the git revision that still has the file.
        access: what the file grants there.
        doubts: why the file cannot be read there.
        is_destroyed: whether nothing of the stack is left.
    """
    command = f"git show {revision}"
    if is_destroyed:
        verdict = "its file is deleted, and nothing of it is left on the clusters"
        summary = f"{capital(verdict)}."
        return Part(attention=Attention.NOTE, verdict=verdict, summary=summary, command=command)
    found = report.of_deletion(stack, (Name(revision),), access)
    known = "who has access by it is not known" if doubts else inline(found.summary)
    return _part(
        replace(found, warnings=tuple(doubts)),
        Attention.REVIEW,
        verdict=f"its file is deleted; {known}",
        heading=f"Access by the file at {quote(revision)}",
        command=command,
        first=[
            "merging this changes nothing on the clusters: everybody below keeps their access, and "
            "the clusters keep trusting the identity provider, until somebody runs `pulumi destroy`",
            f"to remove the access, run `pulumi destroy --stack {stack}`, then `pulumi stack rm "
            f"{stack}`; neither needs the file, but the program is needed, so do it before the "
            "project itself is removed",
        ],
    )


def of_renaming(
    stack: str,
    other: str,
    base: Phrase,
    difference: Difference,
    doubts: Sequence[Phrase] = (),
    *,
    is_after: bool = False,
) -> Part:
    """What the file of a stack grants under another stack's name, and what has to be done.

    Args:
        stack: the name of the stack before.
        other: its name after.
        base: what it is compared with.
        difference: between the file before and after.
        doubts: reasons why the difference may be incomplete or wrong.
        is_after: whether the comment is that of the other stack.
    """
    made = of_difference(other, base, difference, doubts)
    verdict = f"its file is renamed, so the stack {quote(other)} replaces it"
    if is_after:
        verdict = f"it replaces the stack {quote(stack)}, whose file is renamed"
    point = (
        f"the state of the clusters belongs to the stack {quote(stack)}: before this is merged, run "
        f"`pulumi stack rename {other} --stack {stack}`; otherwise the stack {quote(other)} begins "
        "without a state and takes what is on the clusters for somebody else's configuration"
    )
    return replace(
        made,
        attention=Attention.REVIEW,
        verdict=verdict,
        points=(Point(Attention.REVIEW, point), *made.points),
    )


def _part(
    found: Report,
    attention: Attention,
    *,
    verdict: str,
    heading: str,
    command: str,
    first: Sequence[str] = (),
) -> Part:
    points = (*first, *map(inline, found.warnings))
    shown = [replace(table, rows=table.rows[:_OPEN]) for table in found.tables]
    lines = [line for table in shown for line in markdown_report.rows(table)]
    folds = [
        Fold(f"{table.caption}: {len(table.rows) - _OPEN} more", _lines(table))
        for table in found.tables
        if table.rows[_OPEN:]
    ]
    if found.roles:
        folds.append(Fold("The roles", tuple(f"- {inline(role)}" for role in found.roles)))
    return Part(
        attention=attention,
        verdict=verdict,
        points=tuple(Point(Attention.REVIEW, point) for point in points),
        heading=heading,
        summary=f"{capital(verdict)}.",
        shown=tuple(lines[1:]),  # without the empty line above the first
        folds=tuple(folds),
        command=command,
    )


def _lines(table: Table) -> tuple[str, ...]:
    """The rows that are not shown at once, below the header."""
    rest = markdown_report.rows(replace(table, caption="", rows=table.rows[_OPEN:]))
    return tuple(rest)[1:]
