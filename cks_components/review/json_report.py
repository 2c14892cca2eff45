"""The review of a stack as plain data, for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cks_components.review.comment import headline
from cks_components.review.part import Attention, Part, Point

if TYPE_CHECKING:
    from cks_components.review.stack_review import Review


def of_review(stack: str, review: Review, clean: Callable[[str], str]) -> dict[str, Any]:
    """What the comment says, without its tables; texts are Markdown on one line.

    Args:
        stack: the stack's name.
        review: what was found.
        clean: makes of each text the one that may be shown.
    """
    parts = review.parts
    report: dict[str, Any] = cleaned(
        {
            "stack": stack,
            "refused": any(part.attention is Attention.FAILURE for part in parts),
            "attention": _named(max(part.attention for part in parts)),
            "headline": headline(stack, parts),
            "points": [_point(point) for part in parts for point in part.points],
            "parts": [_part(part) for part in parts],
            "findings": [located.as_data() for located in review.findings],
        },
        clean,
    )
    return report


def _point(point: Point) -> dict[str, str]:
    return {"attention": _named(point.attention), "text": point.text}


def _part(part: Part) -> dict[str, str]:
    return {
        "attention": _named(part.attention),
        "verdict": part.verdict,
        "summary": part.summary,
        "command": part.command,
    }


def _named(attention: Attention) -> str:
    return attention.name.lower()


def cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    """The value with each of its texts cleaned, before quotation marks in them are escaped."""
    if isinstance(value, dict):
        return {key: cleaned(inner, clean) for key, inner in value.items()}
    if isinstance(value, list):
        return [cleaned(inner, clean) for inner in value]
    return clean(value) if isinstance(value, str) else value
