"""Rows of cells as lines of aligned columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

GAP = "  "
_NARROWEST = 8


def columns(rows: Sequence[Sequence[str]], *, width: int | None = None) -> list[str]:
    """The rows as lines.

    Args:
        rows: each with the same number of cells, a header included.
        width: the terminal's width, to which cells are wrapped; None never wraps.
    """
    limits = _fitting([list(column) for column in zip(*rows, strict=True)], width)
    wrapped = [[_broken(c, w) for c, w in zip(row, limits, strict=True)] for row in rows]
    widths = [
        max(len(line) for cell in column for line in cell) for column in zip(*wrapped, strict=True)
    ]
    return [line for row in wrapped for line in _lines(row, widths)]


def _broken(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _lines(row: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    return [
        GAP.join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip()
        for parts in zip_longest(*row, fillvalue="")
    ]


def _fitting(columns: list[list[str]], available: int | None) -> list[int]:
    """The width of each column; the widest columns are narrowed until all fit.

    Words are broken only if nothing else helps.
    """
    widths = [max(map(len, column)) for column in columns]
    if available is None:
        return widths
    words = [max(len(word) for cell in column for word in cell.split()) for column in columns]
    for least in (words, [_NARROWEST] * len(columns)):
        gives = [index for index, width in enumerate(widths) if width > least[index]]
        while gives and sum(widths) + len(GAP) * (len(widths) - 1) > available:
            widths[max(gives, key=widths.__getitem__)] -= 1
            gives = [index for index in gives if widths[index] > least[index]]
    return widths
