"""One part of a pull request's comment: what was found, and how much a person has to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Attention(IntEnum):
    """How much attention something needs; the greatest makes the headline.

    Attributes:
        NONE: nothing changes.
        NOTE: worth knowing, and nothing speaks against it.
        WARNING: something is probably wrong.
        REVIEW: a person has to judge it.
        FAILURE: the change is refused, or could not be examined.
    """

    NONE = 0
    NOTE = 1
    WARNING = 2
    REVIEW = 3
    FAILURE = 4


@dataclass(frozen=True)
class Point:
    """One thing that a person must look at; the text is Markdown on one line."""

    attention: Attention
    text: str


@dataclass(frozen=True)
class Fold:
    """What is only shown on demand.

    Attributes:
        title: one line of plain text.
        lines: Markdown.
        code: a text that is shown below the lines, as it is.
    """

    title: str
    lines: tuple[str, ...] = ()
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the comment.

    Attributes:
        attention: how much attention the part needs as a whole.
        verdict: what it adds to the headline if no other part needs more attention; Markdown.
        points: what must be looked at first; they stand above all parts.
        heading: what the tables below it show; Markdown.
        summary: a sentence that is left out where the verdict is in the headline; Markdown.
        shown: lines below the summary; Markdown.
        folds: what is only shown on demand, below all that.
        command: prints all of the part, for a comment that has no room for it; plain text.
    """

    attention: Attention
    verdict: str
    points: tuple[Point, ...] = ()
    heading: str = ""
    summary: str = ""
    shown: tuple[str, ...] = ()
    folds: tuple[Fold, ...] = ()
    command: str
