"""The demonstration runs to its end, and what it leaves behind holds no token."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

from lab import demo, environment
from lab.state import CHECKOUT, State


def test_the_demonstration_stops_where_it_is_kept_and_runs_to_its_end(tmp_path: Path) -> None:
    state = State(tmp_path)
    try:
        kept = subprocess.run(
            [sys.executable, "-m", "lab.demo"],
            cwd=CHECKOUT,
            env=os.environ | {"CKS_LAB": str(tmp_path), "KEEP": "1"},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert kept.returncode == 0, kept.stdout + kept.stderr
        assert "are left running. Try:" in kept.stdout
        assert state.ports()

        with redirect_stdout(io.StringIO()) as said:
            demo.second_half(demo.Demo(state), environment.control(state))

        token = state.token()
        files = [p for p in (tmp_path / "pulumi").rglob("*") if p.is_file()]
        assert "both clusters are as they were" in said.getvalue()
        assert files
        assert token not in kept.stdout + kept.stderr + said.getvalue()
        assert not [p for p in files if token in p.read_text(errors="replace")]
    finally:
        state.clean()
    assert state.processes() == []
