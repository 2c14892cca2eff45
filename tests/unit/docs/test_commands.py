"""Every command of ours that a page shows is one."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from cks_components.cli.command import program
from docs.site import ROOT
from tests.command_line import parsed
from tests.documentation import PAGES, commands

SHOWN = [
    pytest.param(command, id=f"{page.relative_to(ROOT)}: {command}")
    for page in PAGES
    if page.name != "CHANGELOG.md"  # which names the commands of every version
    for command in sorted(set(commands(page)))
]


@pytest.mark.parametrize("command", SHOWN)
def test_a_command_of_a_page_is_one(command: str) -> None:
    words = shlex.split(command)
    if words[0].startswith("-"):
        assert words[0] in ("--help", "--version")
    elif all(re.fullmatch("[a-z-]+", word) for word in words) and is_a_verb(words):
        return  # the verb alone, named in a sentence
    else:
        assert isinstance(parsed(words), dict)


def is_a_verb(words: list[str]) -> bool:
    found: click.Command | None = program
    for word in words:
        if not isinstance(found, click.Group):
            return False
        found = found.get_command(click.Context(found), word)
    return found is not None
