"""The example of environments passes the checks, and the page shows what is in it."""

from __future__ import annotations

import difflib
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from docs.site import ROOT
from tests.documentation import blocks

if TYPE_CHECKING:
    from tests.unit.conftest import Folder

EXAMPLE = ROOT / "examples" / "environments"
PAGE = ROOT / "docs" / "environments.md"


@pytest.fixture
def in_the_example(folder: Folder) -> Folder:
    for path in EXAMPLE.iterdir():
        shutil.copy(path, folder.path)
    return folder


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_a_stack_of_the_example_is_complete_with_what_the_project_has(
    in_the_example: Folder, stack: str
) -> None:
    printed = in_the_example.run("check", stack)

    assert printed.code == 0
    assert "Every rule was applied" in printed.out + printed.err


def test_the_page_shows_parts_of_the_example() -> None:
    project, staging, *_ = blocks(PAGE, "yml")

    assert project in (EXAMPLE / "Pulumi.yaml").read_text()
    shown = [line.partition("#")[0].strip() for line in staging.splitlines()]
    there = (EXAMPLE / "Pulumi.staging.yaml").read_text()
    assert [line for line in shown if line not in there] == []


def test_the_page_shows_the_difference_of_two_environments() -> None:
    (shown,) = blocks(PAGE, "console")
    staging, production = (
        (EXAMPLE / f"Pulumi.{stack}.yaml").read_text().splitlines()
        for stack in ("staging", "production")
    )
    changed = [line for line in difflib.ndiff(staging, production) if line[:2] in ("- ", "+ ")]

    lines = [line for line in shown.splitlines() if line[:2] in ("< ", "> ")]
    assert Counter(lines) == Counter({"-": "<", "+": ">"}[line[0]] + line[1:] for line in changed)
