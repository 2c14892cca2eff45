"""The name that the user probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(given: str, known: Iterable[str]) -> str:
    """The known name that is most similar to a given one, as the end of a sentence; may be empty."""
    found = get_close_matches(given, known, n=1)
    return f' (the nearest is "{found[0]}")' if found else ""
