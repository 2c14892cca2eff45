"""Sentences in which names are marked, so that each output format can quote them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cks_components.stack_file.visible_text import visible


@dataclass(frozen=True)
class Name:
    """A name from a stack file, which must not be read as markup or as part of the sentence."""

    text: str


Phrase = tuple[str | Name, ...]
Quote = Callable[[str], str]


def spoken(phrase: Phrase, quote: Quote) -> str:
    """The phrase as one text, each name in it quoted."""
    return "".join(quote(visible(p.text)) if isinstance(p, Name) else p for p in phrase)


def listed(names: Iterable[str]) -> Phrase:
    """Names, separated by commas."""
    found: list[str | Name] = []
    for name in names:
        found += [", ", Name(name)] if found else [Name(name)]
    return tuple(found)
