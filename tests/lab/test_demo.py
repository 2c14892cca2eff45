"""The demonstration runs to its end, and what it leaves behind holds no token."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.state import CHECKOUT, State


@pytest.mark.parametrize("keep", ["", "1"], ids=["to its end", "kept running"])
def test_the_demonstration_runs_to_its_end(tmp_path: Path, keep: str) -> None:
    state = State(tmp_path)
    try:
        run = subprocess.run(
            [sys.executable, "-m", "lab.demo"],
            cwd=CHECKOUT,
            env=os.environ | {"CKS_LAB": str(tmp_path), "KEEP": keep},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        token = state.token()
        files = [p for p in (tmp_path / "pulumi").rglob("*") if p.is_file()]

        assert run.returncode == 0, run.stdout + run.stderr
        assert ("are left running. Try:" if keep else "the lab is down") in run.stdout
        assert bool(state.ports()) == bool(keep)
        assert files
        assert token not in run.stdout + run.stderr
        assert not [p for p in files if token in p.read_text(errors="replace")]
    finally:
        state.clean()
    assert state.processes() == []
