"""Versions stand once; where Go needs them a second time, they agree."""

from __future__ import annotations

import pytest

from tools.program import ROOT, Program, programs


@pytest.mark.parametrize("program", programs(), ids=lambda p: p.name)
def test_a_go_module_pins_the_version_that_is_named(program: Program) -> None:
    text = (ROOT / program.go.folder / "go.mod").read_text()

    assert f"{program.go.module} v{program.version}" in text
    assert (ROOT / program.go.folder / "go.sum").exists()
