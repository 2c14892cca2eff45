"""The page of access in a real browser: filter, keyboard, screen reader, widths, print, no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cks_components.access import matrix
from cks_components.access.difference import compare
from cks_components.access.grants import Access, granted_access
from cks_components.access.page import page
from cks_components.stack_file.settings import StackSettings
from tests.browser.browser import Browser, browser

TAB, ENTER = ("Tab", 9), ("Enter", 13, "\r")
SHOWN = "[...document.querySelectorAll('tbody tr:not([hidden]) th')].map(e => e.firstChild.data)"
COLUMNS = (
    "[...document.querySelectorAll('thead tr:nth-child(2) th:not([hidden])')].map(e => e.innerText)"
)
FOCUS = "document.activeElement.id || document.activeElement.innerText"
ADMINS = {"groups": ["admins"], "clusterRole": "cluster-admin"}
EDITORS = {"groups": ["ml"], "clusterRole": "edit", "namespaces": ["training"]}
VIEWERS = {"users": ["<b>ann</b>"], "clusterRole": "view"}


def access(*bindings: dict[str, Any]) -> Access:
    clusters = [{"name": "east"}, {"name": "west", "bindings": [VIEWERS]}]
    given = {"clusters": clusters, "bindings": list(bindings)}
    return granted_access(StackSettings.model_validate(given))


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    difference = compare(access(ADMINS), access(ADMINS, EDITORS))
    path = tmp_path_factory.mktemp("page") / "access.html"
    path.write_text(page("Access by dev", "one", matrix.of_difference(difference), ["a note"]))
    return path


def test_the_page_asks_no_network_for_anything(chromium: Browser, path: Path) -> None:
    chromium.urls.clear()

    chromium.open(path)

    assert chromium.urls[-1] == path.as_uri()
    assert all(url == "about:blank" or url.startswith("file:") for url in chromium.urls)
    assert chromium.value("document.querySelectorAll('b b').length") == 0  # a name is no markup


def test_words_and_roles_filter_rows_and_columns(chromium: Browser, path: Path) -> None:
    chromium.open(path)
    assert len(chromium.value(SHOWN)) == 3

    chromium.open(path, "#q=ML")
    assert chromium.value(SHOWN) == ["Group ml"]
    assert chromium.value(COLUMNS) == ["training", "training"]
    assert chromium.value("status.textContent") == "1 of 3 subjects shown"
    chromium.open(path, "#q=west&role=view")
    assert chromium.value(SHOWN) == ["User <b>ann</b>"]
    chromium.open(path, "#changed=1")
    assert chromium.value(SHOWN) == ["Group ml"]


def test_everything_can_be_done_with_the_keyboard(chromium: Browser, path: Path) -> None:
    chromium.open(path)

    chromium.press(*TAB)
    assert chromium.value(FOCUS) == "words"
    chromium.type("admins")
    assert chromium.value(SHOWN) == ["Group admins"]
    focused = []
    for _ in range(5):
        chromium.press(*TAB)
        focused.append(chromium.value(FOCUS))
    assert focused[:3] == ["role", "changed", "theme"]
    assert focused[4].endswith("cluster-admin")
    chromium.press(*ENTER)
    why = chromium.value("document.querySelector('details[open] li').innerText")
    assert why == "bindings[0]"


def test_a_screen_reader_hears_headers_roles_and_states(chromium: Browser, path: Path) -> None:
    chromium.open(path)

    spoken = chromium.spoken()

    assert ("rowheader", "Group ml") in spoken
    assert ("columnheader", "training") in spoken
    assert ("searchbox", "Subject or cluster") in spoken
    assert ("region", "Matrix of access") in spoken
    assert any(role == "DisclosureTriangle" and name == "gained edit" for role, name in spoken)


@pytest.mark.parametrize("width", [1280, 400])
def test_only_the_matrix_scrolls_sideways(chromium: Browser, path: Path, width: int) -> None:
    chromium.open(path, size=(width, 800))

    assert chromium.value("document.documentElement.scrollWidth") <= width
    assert chromium.value("document.querySelector('tbody th').getBoundingClientRect().left") >= 0


def test_dark_and_light_follow_the_system_and_the_button(chromium: Browser, path: Path) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    chromium.open(path)
    seen = []
    for scheme in ("light", "dark"):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        chromium.call("Emulation.setEmulatedMedia", features=[feature])
        seen.append(chromium.value(colour))
    chromium.value("document.getElementById('theme').click()")
    seen.append(chromium.value(colour))

    assert seen == ["rgb(255, 255, 255)", "rgb(16, 21, 27)", "rgb(255, 255, 255)"]


def test_printed_it_shows_why_and_no_form(chromium: Browser, path: Path) -> None:
    chromium.open(path)
    chromium.call("Emulation.setEmulatedMedia", media="print")
    try:
        form = chromium.value("getComputedStyle(document.querySelector('form')).display")
        height = chromium.value(
            "document.querySelector('details li').getBoundingClientRect().height"
        )
    finally:
        chromium.call("Emulation.setEmulatedMedia", media="")

    assert form == "none"
    assert height > 0
