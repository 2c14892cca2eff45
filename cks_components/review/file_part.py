"""The part about a stack file that is missing or cannot be read, and what is left out then."""

from __future__ import annotations

from collections.abc import Iterable

from cks_components.access.markdown_report import quote
from cks_components.review.markdown_text import escaped
from cks_components.review.part import Attention, Part, Point


def missing(stack: str, path: str, base: str, *, is_base_read: bool) -> Part:
    """There is no file of the stack, and none is known of before.

    Args:
        stack: the stack's name.
        path: where its file would be.
        base: the revision where it was looked for too.
        is_base_read: whether that revision could be read; if not, the file may have been deleted.
    """
    text = (
        f"there is no file {quote(path)}, neither here nor at {quote(base)}: correct the name of the "
        "stack, or no longer run this job for it"
        if is_base_read
        else f"there is no file {quote(path)} here, and whether this change deletes it is not known: "
        f"it was not compared with {quote(base)}"
    )
    return Part(
        attention=Attention.FAILURE,
        verdict="it has no file",
        points=(Point(Attention.FAILURE, text),),
        command=f"cks-access check {stack}",
    )


def unreadable(stack: str, findings: Iterable[str]) -> Part:
    """The stack's file cannot be read, so nothing else can be said.

    Args:
        stack: the stack's name.
        findings: why, as text.
    """
    return Part(
        attention=Attention.FAILURE,
        verdict="its file cannot be read",
        points=tuple(Point(Attention.FAILURE, escaped(finding)) for finding in findings),
        summary="**Access** and **preview** are left out, because the file cannot be read.",
        command=f"cks-access check {stack}",
    )


def left_out(name: str) -> Part:
    """A part that is not made because of errors that stand at the top of the comment.

    Args:
        name: what the part is about.
    """
    return Part(
        attention=Attention.NONE,
        verdict="",
        summary=f"**{name}**: left out, because of what failed above.",
        command="",
    )


def not_known(name: str, findings: Iterable[str]) -> Part:
    """A part that depends on values that the files do not hold.

    Args:
        name: what the part is about.
        findings: which, as text.
    """
    why = "; ".join(escaped(finding) for finding in findings)
    return Part(
        attention=Attention.NOTE,
        verdict=f"{name.lower()} is not known offline",
        summary=f"**{name}**: left out, because {why}.",
        command="",
    )
