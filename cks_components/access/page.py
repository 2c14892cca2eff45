"""The matrix of subjects and places as one HTML file that needs no network."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources

from cks_components.access import role_meaning
from cks_components.access.matrix import Cell, State
from cks_components.access.quoted_text import Phrase, spoken
from cks_components.access.report import Report
from cks_components.stack_file.visible_text import visible

_MARKS: Mapping[State, tuple[str, str]] = {
    "same": ("", ""),
    "gained": ("+", "gained"),
    "lost": ("-", "lost"),
    "ended": ("x", "ended"),
    "foreign": ("!", "not made by the stack"),
}
"""A sign and a word for each state, so that no meaning is in a colour alone."""
_COLOURED = (
    role_meaning.CLUSTER_ADMIN,
    role_meaning.ADMIN,
    role_meaning.EDIT,
    role_meaning.VIEW,
)
_Place = tuple[str, str]


def page(title: str, summary: str, cells: Sequence[Cell], notes: Iterable[str] = ()) -> str:
    """The text of the page.

    Args:
        title: what is shown, such as the stack and the base.
        summary: one sentence.
        cells: of the matrix, in the order of their subjects and places.
        notes: what else was found, a line each.
    """
    template = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    script = re.search(r"<script>(.*?)</script>", template, re.DOTALL)
    digest = hashlib.sha256((script[1] if script else "").encode()).digest()
    parts = {
        "TITLE": _text(title),
        "SUMMARY": _text(summary),
        "DIGEST": base64.b64encode(digest).decode(),
        "ROLES": _options(cells),
        "TABLE": _table(cells),
        "NOTES": _notes(list(notes)),
    }
    return re.sub(r"@@([A-Z]+)@@", lambda found: parts[found[1]], template)


def of_report(report: Report, cells: Sequence[Cell]) -> str:
    """The page of a report about access; its warnings stand below the matrix."""
    warnings = [_plain(warning) for warning in report.warnings]
    return page(_plain(report.title), f"{_plain(report.summary)}.", cells, warnings)


def _plain(phrase: Phrase) -> str:
    return spoken(phrase, str)


def _text(text: str) -> str:
    return escape(visible(text))


def _options(cells: Iterable[Cell]) -> str:
    roles = sorted({cell.role for cell in cells}, key=role_meaning.strength)
    return "".join(f'<option value="{_text(role)}">{_text(role)}</option>' for role in roles)


def _table(cells: Sequence[Cell]) -> str:
    if not cells:
        return "<p>Nobody has a role.</p>"
    places = _places(cells)
    by_subject: dict[str, dict[_Place, list[Cell]]] = {}
    for cell in cells:
        of_subject = by_subject.setdefault(cell.subject, {})
        of_subject.setdefault((cell.cluster, cell.namespace), []).append(cell)
    rows = "".join(
        _row(subject, [of_subject.get(place, []) for place in places])
        for subject, of_subject in by_subject.items()
    )
    return (
        '<table id="matrix"><caption>Open a role to see why.</caption>'
        f"<thead>{_head(places)}</thead><tbody>{rows}</tbody></table>"
    )


def _places(cells: Iterable[Cell]) -> list[_Place]:
    """The columns: for each cluster in its order the whole cluster, then its namespaces."""
    clusters = list(dict.fromkeys(cell.cluster for cell in cells))
    found = {(cell.cluster, cell.namespace) for cell in cells}
    return sorted(found, key=lambda place: (clusters.index(place[0]), place[1]))


def _head(places: Sequence[_Place]) -> str:
    """Two rows: the clusters, and the places of each."""
    count: dict[str, int] = {}
    for cluster, _ in places:
        count[cluster] = count.get(cluster, 0) + 1
    clusters = "".join(
        f'<th scope="colgroup" colspan="{number}" data-cluster="{_text(cluster)}">{_text(cluster)}</th>'
        for cluster, number in count.items()
    )
    names = "".join(
        f'<th scope="col" data-cluster="{_text(cluster)}">{_text(namespace or "cluster wide")}</th>'
        for cluster, namespace in places
    )
    return f'<tr><th scope="col" rowspan="2">Subject</th>{clusters}</tr><tr>{names}</tr>'


def _row(subject: str, columns: Sequence[Sequence[Cell]]) -> str:
    every = [cell for column in columns for cell in column]
    known_as = next((cell.known_as for cell in every if cell.known_as), "")
    name = f"{_text(subject)}<small>{_text(known_as)}</small>" if known_as else _text(subject)
    data = "".join(f"<td>{''.join(map(_right, column))}</td>" for column in columns)
    words = _text(" ".join([subject, known_as]).casefold())
    return f'<tr data-words="{words}"><th scope="row">{name}</th>{data}</tr>'


def _right(cell: Cell) -> str:
    sign, word = _MARKS[cell.state]
    mark = f'<b aria-hidden="true">{sign}</b><span class="word">{word}</span> ' if word else ""
    colour = _COLOURED.index(cell.base) if cell.base in _COLOURED else len(_COLOURED)
    why = "".join(f"<li>{_text(one)}</li>" for one in cell.why)
    meaning = role_meaning.meaning(cell.base).sentence
    return (
        f'<details class="role r{colour} {cell.state}" data-role="{_text(cell.role)}" '
        f'data-state="{cell.state}"><summary>{mark}<span class="name">{_text(cell.role)}</span></summary>'
        f"<ul>{why}</ul><p>{_text(meaning)}</p></details>"
    )


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    items = "".join(f"<li>{_text(note)}</li>" for note in notes)
    return f"<section><h2>Also found</h2><ul>{items}</ul></section>"
