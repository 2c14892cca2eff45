"""Text as part of a Markdown comment, where it cannot become markup."""

from __future__ import annotations

import re
from html import escape

_SPECIAL = "\\`*_[]<>|~"


_MENTION = re.compile(r"(?<!\w)@(?=\w)")
_APART = "@&#8203;"
"""A space without a width after the @, since hosts look for names in the text that is shown."""


def escaped(text: str) -> str:
    """The text on one line, with Markdown and HTML escaped, and so that it calls nobody by @name."""
    line = "".join(f"\\{c}" if c in _SPECIAL else c for c in " ".join(text.split()))
    return _MENTION.sub(_APART, line)


def in_html(text: str) -> str:
    """The text on one line, for a place where HTML is read and Markdown is not."""
    return escape(" ".join(text.split()))


def fence(text: str) -> str:
    """The line around a code block that nothing in the text can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)
