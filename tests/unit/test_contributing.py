"""What the pages for contributors name is there: targets and files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
PAGES = [
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    ".github/pull_request_template.md",
    ".pre-commit-config.yaml",
]


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return (ROOT / name).read_text()


def test_every_target_that_is_named_is_in_the_makefile(page: str) -> None:
    commands = re.findall(r"(?:^|[`(]|entry: )make (?:-s |--silent )?([a-z]+)", page, re.MULTILINE)

    assert set(commands) <= TARGETS


def test_every_file_that_is_named_is_there(page: str) -> None:
    folders = r"tests|lab|ci|docs|examples|stacks|\.github"
    named = re.findall(rf"`((?:{folders})/[\w./-]+\.\w+)`", page)
    linked = [
        link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page) if not link.startswith("http")
    ]

    assert [path for path in (*named, *linked) if not (ROOT / path).exists()] == []


def test_contributors_are_told_of_every_target() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text()
    for_users = {"env"}  # the README has it

    assert {name for name in TARGETS if f"make {name}" not in told} == for_users


def test_the_page_about_messages_has_ten_pairs() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text().partition("## Messages")[2]
    pairs = re.findall(r"^ +- Before: `(.+)`\n +- After: `(.+)`$", told, re.MULTILINE)

    assert len(pairs) == 10
    assert all(before != after for before, after in pairs)
