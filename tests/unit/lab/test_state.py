"""A lab knows every process that it started, whoever of it started it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lab.state import State


def test_processes_are_recorded_beside_those_of_before(tmp_path: Path) -> None:
    state = State(tmp_path)

    state.record([os.getpid()])
    state.record([os.getppid()])

    assert [process.pid for process in state.processes()] == [os.getpid(), os.getppid()]


def test_a_process_that_ended_is_forgotten(tmp_path: Path) -> None:
    state = State(tmp_path)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    state.record([os.getpid(), child.pid])
    child.communicate(b"\n")

    state.record([os.getpid()])

    assert str(child.pid) not in (tmp_path / "processes.json").read_text()
