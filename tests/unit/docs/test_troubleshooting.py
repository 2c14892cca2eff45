"""What the page of symptoms says is what the commands know."""

from __future__ import annotations

import re
from pathlib import Path

from cks_components.authentication.refusal import Rule

PAGE = Path(__file__).resolve().parents[3] / "docs" / "troubleshooting.md"


def test_every_check_of_the_page_is_one_that_explain_names() -> None:
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if "explain: " in line]
    named = {check for row in rows for check in re.findall(r"`([a-z-]+)`", row)}

    assert named
    assert named <= {rule.value for rule in Rule}
