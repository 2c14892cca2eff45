"""The cells of the matrix of access, and the page that is made of them."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cks_components.access import matrix, page
from cks_components.access.difference import compare
from cks_components.access.grants import Access, granted_access
from cks_components.access.matrix import Cell
from cks_components.access.report import of_access
from cks_components.stack_file.settings import StackSettings
from tests.unit.access.conftest import IDENTITY

if TYPE_CHECKING:
    from tests.unit.access.conftest import Stack

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def access(*bindings: dict[str, Any], **cluster: Any) -> Access:
    clusters = [{"name": "east"} | cluster]
    values = {"clusters": clusters, "identity": IDENTITY, "bindings": list(bindings)}
    return granted_access(StackSettings.model_validate(values), NOW)


def states(cells: list[Cell]) -> list[tuple[str, str, str, str]]:
    return [(cell.cluster, cell.namespace, cell.role, cell.state) for cell in cells]


def test_a_cell_has_every_entry_that_gives_the_right(stack: Stack) -> None:
    given = [
        stack.binding("edit", "ml", namespaces=["a", "b"]),
        stack.binding("edit", "ml", namespaces=["b"], until="2026-12-31", reason="INC-1"),
        stack.binding("view", "old", until="2026-11-30"),
    ]

    cells = matrix.of_access(access(*given))

    assert states(cells) == [
        ("east", "a", "edit", "same"),
        ("east", "b", "edit", "same"),
        ("east", "", "view", "ended"),
    ]
    assert cells[1].why == ("bindings[0]", "bindings[1], until 2026-12-31T00:00:00Z: INC-1")
    assert (cells[0].subject, cells[0].known_as) == ("Group okta:ml", "ml")


def test_a_difference_has_what_is_gained_and_lost(stack: Stack) -> None:
    before = access(stack.binding("edit", "ml", namespaces=["a"]), stack.binding("view", "ml"))
    after = access(stack.binding("view", "ml"), stack.binding("admin", "ml"), alias="new")

    cells = matrix.of_difference(compare(before, after))

    assert states(cells) == [
        ("new", "", "view", "same"),
        ("new", "", "admin", "gained"),
        ("new", "a", "edit", "lost"),
    ]


def test_a_page_shows_names_as_text_and_allows_its_own_script_alone(stack: Stack) -> None:
    granted = access(stack.binding("custom", "<script>x</script>"))

    text = page.of_report(of_access("dev", granted), matrix.of_access(granted))

    assert "<script>x" not in text
    assert "Group okta:&lt;script&gt;x" in text
    assert "@@" not in text
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert "http" not in text.replace("http-equiv", "").replace("https://idp.example.com", "")
    assert 'class="role r4 same"' in text
    assert "Also found" not in text


def test_a_page_of_nothing_says_so_and_notes_stand_below() -> None:
    text = page.page("t", "s", [], ["a note"])

    assert "<p>Nobody has a role.</p>" in text
    assert "<h2>Also found</h2><ul><li>a note</li></ul>" in text
