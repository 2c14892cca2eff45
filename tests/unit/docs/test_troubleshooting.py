"""What the page of symptoms says is what the commands know."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from cks_components.authentication.refusal import Rule
from tests.command_line import parsed

PAGE = Path(__file__).resolve().parents[3] / "docs" / "troubleshooting.md"


def test_every_command_of_the_page_is_one() -> None:
    commands = re.findall(r"`cks-access ([^`]+)`", PAGE.read_text())

    assert len(commands) > 5
    for command in commands:
        assert isinstance(parsed(shlex.split(command)), dict)


def test_every_check_of_the_page_is_one_that_explain_names() -> None:
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if "explain: " in line]
    named = {check for row in rows for check in re.findall(r"`([a-z-]+)`", row)}

    assert named
    assert named <= {rule.value for rule in Rule}
