"""The targets of make and the files that a page names are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.site import ROOT
from tests.documentation import PAGES, TARGETS

READ = [
    *(page for page in PAGES if page.name != "CHANGELOG.md"),  # which tells of all versions
    ROOT / ".github" / "pull_request_template.md",
    ROOT / ".pre-commit-config.yaml",
]


@pytest.fixture(params=READ, ids=lambda page: str(page.relative_to(ROOT)))
def page(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text()


def test_every_target_that_is_named_is_in_the_makefile(page: str) -> None:
    commands = re.findall(r"(?:^|[`(]|entry: )make (?:-s |--silent )?([a-z]+)", page, re.MULTILINE)

    assert set(commands) <= TARGETS


def test_every_file_that_is_named_is_there(page: str) -> None:
    folders = r"tests|lab|ci|docs|examples|stacks|\.github"
    named = re.findall(rf"`((?:{folders})/[\w./-]+\.\w+)`", page)

    assert [path for path in named if not (ROOT / path).exists()] == []
