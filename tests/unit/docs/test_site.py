"""The pages and the site that is made of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cks_components
from docs.site import ROOT, SOURCES
from tests.documentation import PAGES

CONFIGURATION = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def linked(entries: list[Any]) -> Iterator[str]:
    """The pages of a navigation, at any depth."""
    for entry in entries:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from linked(target)


def test_the_navigation_leads_to_every_page_once() -> None:
    assert sorted(linked(CONFIGURATION["nav"])) == sorted(NAMES)


def test_every_public_name_has_one_place_in_the_reference() -> None:
    text = "".join(page.read_text() for page in PAGES if page.parent.name == "reference")
    shown = re.findall(r"^::: cks_components\.(\w+)$", text, re.MULTILINE)

    assert sorted(shown) == sorted(cks_components.__all__)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_link_leads_to_a_file_that_the_site_has(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:)([^)#]+)[^)]*\)", page.read_text())
    found = [(page.parent / target).resolve() for target in targets]

    assert [path for path in found if not path.is_file() and not path.is_dir()] == []
    assert [path for path in found if path.relative_to(ROOT).parts[0] not in SOURCES] == []
