"""A report as text: aligned columns, wrapped to the terminal's width; in a pipe, a line per row."""

from __future__ import annotations

import textwrap

from cks_components.access.quoted_text import Phrase, spoken
from cks_components.access.report import Report, Table
from cks_components.access.text_columns import GAP, columns


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
    caption = [table.caption] if table.caption else []
    return [*caption, *columns(rows, width=width)]


def _wrapped(text: str, width: int | None) -> list[str]:
    if width is None:
        return [text]
    return textwrap.wrap(text, width, break_on_hyphens=False, subsequent_indent=GAP)


def _cell(phrase: Phrase) -> str:
    return spoken(phrase, str)


def _sentence(phrase: Phrase) -> str:
    return spoken(phrase, '"{}"'.format)
