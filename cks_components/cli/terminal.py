"""What a terminal shows more than a pipe does: results in colour, and lines that are wrapped."""

from __future__ import annotations

import re
import sys

import click

from cks_components.api.environment import wants_no_colour

_GREEN = ("fine", "accepted", "kept")
_YELLOW = ("warning", "undecided")
_RED = ("wrong", "refused", "error", "broken")
_COLOURS = {
    **dict.fromkeys(_GREEN, "green"),
    **dict.fromkeys(_YELLOW, "yellow"),
    **dict.fromkeys(_RED, "red"),
}
_FIRST_WORD = re.compile(r"\w+")


def shown(line: str) -> str:
    """A line of a result as stdout gets it.

    A pipe gets the line itself. A terminal gets it wrapped at its width, and with a first word such
    as "wrong" in colour, unless NO_COLOR is set.
    """
    if not sys.stdout.isatty():
        return line
    import shutil  # only now: a pipe does without
    import textwrap

    first = _FIRST_WORD.match(line)
    colour = _COLOURS.get(first[0]) if first else None
    text = textwrap.fill(
        line,
        shutil.get_terminal_size().columns,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    if first is None or colour is None or wants_no_colour():
        return text
    return click.style(first[0], fg=colour, bold=True) + text[first.end() :]
