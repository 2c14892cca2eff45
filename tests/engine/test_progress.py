"""What a person sees while a cluster is waited for, in a terminal and in a log."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from typing import TYPE_CHECKING

from cks_components.engine.resource_names import cluster_name
from lab.api import fleet
from tests.engine.stack_file import IDENTITY

if TYPE_CHECKING:
    from tests.engine.conftest import Project

PATIENCE_SECONDS = 180
UP = ("pulumi", "up", "--yes", "--skip-preview", "--color", "never")
CLUSTERS = [{"name": "local-east"}]


def in_a_terminal(project: Project, columns: int, *command: str) -> tuple[int, str]:
    """Run a command as a person does; gives its exit code and all that it drew."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        command,
        cwd=project.folder,
        env=project.environment | {"TERM": "xterm"},
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    drawn = b""
    with contextlib.suppress(OSError):  # Linux says so that nobody holds the other end any more
        while select.select([ours], [], [], PATIENCE_SECONDS)[0]:
            drawn += os.read(ours, 65536)
    os.close(ours)
    text = drawn.decode(errors="replace")
    project.texts.append(text)
    try:
        return process.wait(PATIENCE_SECONDS), text
    finally:
        process.kill()


def test_a_terminal_of_ordinary_width_shows_the_seconds_pass(project: Project) -> None:
    project.emulator.update_seconds = 4
    project.write(identity=IDENTITY, clusters=CLUSTERS)

    code, drawn = in_a_terminal(project, 120, *UP)

    assert code == 0, drawn
    row = rf"{cluster_name(fleet.CONTROL_PLANE)}-oidc +creating \(\d+s\)[. ]+(\d+) s, UPDATING: waiting for"
    assert len(set(re.findall(row, drawn))) > 1, drawn


def test_a_log_gets_one_line_for_a_short_wait(project: Project) -> None:
    project.emulator.update_seconds = 3
    project.write(identity=IDENTITY, clusters=CLUSTERS)

    up = project.up()

    assert up.code == 0, up.text
    rows = "\n".join(up.rows(f"{cluster_name(fleet.CONTROL_PLANE)}-oidc", "creating"))
    told = re.findall(
        r" \d s, UPDATING: waiting for the cluster to show the new values$", rows, re.M
    )
    assert len(told) == rows.count("waiting for") == 1, rows
