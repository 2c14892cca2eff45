"""Text of a stack file as it may be shown in a terminal, a log or a comment."""

from __future__ import annotations


def visible(text: str) -> str:
    """Escape every invisible character, so that no text moves the cursor or starts a new line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
