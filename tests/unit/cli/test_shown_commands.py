"""Commands of the pages that need neither cluster nor network, run with the README's stack file."""

from __future__ import annotations

import shlex
import textwrap
from typing import TYPE_CHECKING

import pytest

from docs.site import ROOT
from tests.documentation import PAGES, blocks, commands

if TYPE_CHECKING:
    from tests.unit.cli.conftest import History
    from tests.unit.conftest import Folder

VERBS = {"access", "check", "expired", "grant", "test"}
SHOWN = sorted(
    {
        command
        for page in PAGES
        if page.name != "CHANGELOG.md"
        for command in commands(page)
        if command.split()[0] in VERBS and " " in command
        if not {"--live", "--resolve"} & set(command.split())  # a cluster, or the engine
    }
)


@pytest.mark.parametrize("command", SHOWN)
def test_a_command_of_a_page_does_what_it_is_shown_for(
    command: str, folder: Folder, history: History
) -> None:
    (stack,) = blocks(ROOT / "README.md", "yaml")
    for name in ("production", "staging"):
        path = folder.path / "stacks" / f"Pulumi.{name}.yaml"
        path.write_text(textwrap.dedent(stack))
        history[path.name] = path.read_bytes()

    printed = folder.run(*shlex.split(command))

    assert printed.code in (0, 2)
    assert "cannot" not in printed.err
