"""A report as text: aligned columns, wrapped to the terminal's width; in a pipe, a line per row."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

from cks_components.access.quoted_text import Phrase, spoken
from cks_components.access.report import Report, Table

_GAP = "  "
_NARROWEST = 8


def render(report: Report, *, width: int | None) -> str:
    """The report as lines without a trailing line break.

    Args:
        report: the report.
        width: the terminal's width; None never wraps.
    """
    blocks = [[*_wrapped(f"{_sentence(report.title)}: {_sentence(report.summary)}.", width)]]
    blocks += [[line for w in report.warnings for line in _wrapped(f"! {_sentence(w)}", width)]]
    blocks += [_table(table, width) for table in report.tables]
    blocks += [[line for role in report.roles for line in _wrapped(_cell(role), width)]]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _table(table: Table, width: int | None) -> list[str]:
    rows = [[name.upper() for name in table.header]]
    rows += [[_cell(phrase) for phrase in row] for row in table.rows]
    limits = _fitting([list(column) for column in zip(*rows, strict=True)], width)
    wrapped = [[_broken(c, w) for c, w in zip(row, limits, strict=True)] for row in rows]
    widths = [
        max(len(line) for cell in column for line in cell) for column in zip(*wrapped, strict=True)
    ]
    caption = [table.caption] if table.caption else []
    return [*caption, *(line for row in wrapped for line in _lines(row, widths))]


def _broken(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _lines(row: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    return [
        _GAP.join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip()
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
        while gives and sum(widths) + len(_GAP) * (len(widths) - 1) > available:
            widths[max(gives, key=widths.__getitem__)] -= 1
            gives = [index for index in gives if widths[index] > least[index]]
    return widths


def _wrapped(text: str, width: int | None) -> list[str]:
    if width is None:
        return [text]
    return textwrap.wrap(text, width, break_on_hyphens=False, subsequent_indent=_GAP)


def _cell(phrase: Phrase) -> str:
    return spoken(phrase, str)


def _sentence(phrase: Phrase) -> str:
    return spoken(phrase, '"{}"'.format)
