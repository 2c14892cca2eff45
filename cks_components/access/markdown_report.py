"""A report as Markdown for a pull request's comment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cks_components.access.quoted_text import Phrase, spoken
from cks_components.access.report import Report, Table

LIMIT = 65_000
"""Characters; GitHub refuses a comment above 65,536."""

_CUT = "\n**Cut here**: the report is too long for a comment; run the command yourself to see the rest."


def render(report: Report) -> str:
    """The report below a hidden marker, by which its comment can be found and replaced.

    The marker `<!-- cks-access:STACK -->` is the first line. A report that is too long is cut, and
    says so.
    """
    return _cut("\n".join(_lines(report)))


def _lines(report: Report) -> Iterator[str]:
    yield f"<!-- cks-access:{re.sub(r'[^A-Za-z0-9_./-]', '-', report.stack)} -->"
    yield f"## {inline(report.title)}"
    yield ""
    yield f"{capital(inline(report.summary))}."
    if report.warnings:
        yield ""
        yield from (f"- ⚠️ {inline(warning)}" for warning in report.warnings)
    for table in report.tables:
        yield from rows(table)
    if report.roles:
        yield from ("", "**Roles**", "")
        yield from (f"- {inline(role)}" for role in report.roles)


def rows(table: Table) -> Iterator[str]:
    """The lines of a table, below an empty line."""
    if table.caption:
        yield from ("", f"**{table.caption}**")
    yield ""
    yield f"| {' | '.join(table.header)} |"
    yield f"|{'---|' * len(table.header)}"
    for row in table.rows:
        yield f"| {' | '.join(map(inline, row))} |"


def _cut(text: str) -> str:
    if len(text) <= LIMIT:
        return text
    return text[: text.rindex("\n", 0, LIMIT - len(_CUT))] + "\n" + _CUT


def capital(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def inline(phrase: Phrase) -> str:
    """The phrase on one line, with its names as code."""
    return spoken(phrase, quote)


def quote(text: str) -> str:
    """The text as Markdown code; it cannot end the code span, the table cell or the line."""
    if text == text.strip() and text and not set(text) & set("`|\\"):
        return f"`{text}`"
    # A code span cannot hold these everywhere: a table is split into cells before code is parsed.
    return f"<code>{in_references(text)}</code>"


def in_references(text: str) -> str:
    """The text with a character reference for each character that could be markup."""
    return "".join(c if c.isalnum() else f"&#{ord(c)};" for c in text)
