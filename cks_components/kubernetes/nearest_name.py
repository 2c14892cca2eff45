"""The name that somebody probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


def nearest(given: str, known: Sequence[str]) -> str:
    """The known name that a given one most resembles, as the rest of a sentence; or nothing."""
    found = get_close_matches(given, known, n=1)
    return f' (the nearest is "{found[0]}")' if found else ""
