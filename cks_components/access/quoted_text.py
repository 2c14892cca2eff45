"""Sentences in which foreign names are marked, so that each way of showing quotes them its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A name that a stack file brought along: never to be taken for markup or for our words."""

    text: str


Phrase = tuple[str | Name, ...]
Quote = Callable[[str], str]


def spoken(phrase: Phrase, quote: Quote) -> str:
    """The phrase as one text, each name in it quoted."""
    return "".join(quote(visible(p.text)) if isinstance(p, Name) else p for p in phrase)


def listed(names: Iterable[str]) -> Phrase:
    """Names with commas between."""
    found: list[str | Name] = []
    for name in names:
        found += [", ", Name(name)] if found else [Name(name)]
    return tuple(found)


def visible(text: str) -> str:
    """The text with everything escaped that would not show, move the cursor or turn the writing."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
