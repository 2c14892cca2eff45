"""The page for contributors names every target, and its section about messages is whole."""

from __future__ import annotations

import re

from docs.site import ROOT
from tests.documentation import TARGETS


def test_contributors_are_told_of_every_target() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text()
    for_users = {"env"}  # the README has it

    assert {name for name in TARGETS if f"make {name}" not in told} == for_users


def test_the_page_about_messages_has_ten_pairs() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text().partition("## Messages")[2]
    pairs = re.findall(r"^ +- Before: `(.+)`\n +- After: `(.+)`$", told, re.MULTILINE)

    assert len(pairs) == 10
    assert all(before != after for before, after in pairs)
