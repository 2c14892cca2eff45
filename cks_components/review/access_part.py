"""The part about access: who gains and who loses what, or who has access by a deleted file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cks_components.access import markdown_report, report
from cks_components.access.difference import Difference
from cks_components.access.grants import Access
from cks_components.access.markdown_report import capital, inline, quote
from cks_components.access.quoted_text import Phrase, spoken
from cks_components.access.report import Report
from cks_components.review.part import Attention, Part, Point


def of_difference(
    stack: str, base: Phrase, difference: Difference, doubts: Sequence[Phrase] = ()
) -> Part:
    """Who gains and who loses what; the arguments are those of `report.of_difference`."""
    found = report.of_difference(stack, base, difference, doubts)
    changes = bool(difference.gains or difference.losses or difference.renamed)
    quiet = Attention.NOTE if changes else Attention.NONE
    return _part(
        found,
        Attention.REVIEW if found.warnings else quiet,
        verdict=inline(found.summary),
        heading=f"Access, compared with {inline(base)}",
        command=f"cks-access access {stack} --diff {spoken(base[:1], str)}",
    )


def of_deletion(stack: str, revision: str, access: Access) -> Part:
    """Who has access by a stack file that was deleted.

    Args:
        stack: the stack's name.
        revision: the git revision that still has the file.
        access: what the file grants there.
    """
    found = report.of_deletion(stack, (), access)
    return _part(
        found,
        Attention.REVIEW,
        verdict=f"its file is deleted; {inline(found.summary)}",
        heading=f"Access by the file at {quote(revision)}",
        command=f"git switch --detach {revision}; cks-access access {stack}",
        first=[
            "merging this changes nothing on the clusters: everybody below keeps their access, and "
            "the clusters keep trusting the identity provider, until somebody runs `pulumi destroy`",
            f"to remove the access, best before this is merged: `git switch --detach {revision}` (it "
            f"still has the file), `pulumi destroy --stack {stack}`, `pulumi stack rm {stack}`",
        ],
    )


def of_renaming(stack: str, other: str, base: Phrase, difference: Difference) -> Part:
    """What the file of a stack grants under another stack's name, and what has to be done.

    Args:
        stack: the name of the stack before.
        other: its name after.
        base: what it is compared with.
        difference: between the file before and after.
    """
    made = of_difference(other, base, difference)
    point = (
        f"the state of the clusters belongs to the stack {quote(stack)}: before this is merged, run "
        f"`pulumi stack rename {other} --stack {stack}`; otherwise the stack {quote(other)} begins "
        "without a state and takes what is on the clusters for somebody else's configuration"
    )
    return replace(
        made,
        attention=Attention.REVIEW,
        verdict=f"its file is renamed, so the stack {quote(other)} replaces it",
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
    tables = [line for table in found.tables for line in markdown_report.rows(table)]
    return Part(
        attention=attention,
        verdict=verdict,
        points=tuple(Point(Attention.REVIEW, point) for point in points),
        heading=heading,
        summary=f"{capital(verdict)}.",
        shown=tuple(tables[1:]),  # without the empty line above the first
        fold="The roles" if found.roles else "",
        folded=tuple(f"- {inline(role)}" for role in found.roles),
        command=command,
    )
