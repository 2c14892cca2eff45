"""Progress of long operations, in the resource's row and log on the command line.

Best effort: without an engine, or with one that does not answer, nothing is shown and nothing
fails.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

LINE_SECONDS = 15.0
"""The shortest time between two texts where each is a line of its own."""
ROW_SECONDS = 1.0
"""The same where a text replaces the one before, in a terminal's row."""
_COMMAND = "pulumi"


class ResourceLog:
    """The row of one resource in the engine's output; a `waiting.Report`.

    Args:
        urn: the resource's URN; without one nothing is shown.
        now: a clock in seconds.
        pause_seconds: texts of progress that follow more quickly are dropped; by default as long
            as the kind of output asks for.
    """

    def __init__(
        self,
        urn: str | None,
        *,
        now: Callable[[], float] = time.monotonic,
        pause_seconds: float | None = None,
    ) -> None:
        self._urn = urn
        self._now = now
        self._pause = pause_seconds
        self._last: float | None = None

    def progress(self, text: str) -> None:
        """Show a text in the row, unless the last one is too recent."""
        if self._pause is None:
            self._pause = ROW_SECONDS if is_watched() else LINE_SECONDS
        if self._last is not None and self._now() - self._last < self._pause:
            return
        self._last = self._now()
        self._log(text, ephemeral=True)

    def note(self, text: str) -> None:
        """Keep a text in the log of the run, under the resource."""
        self._log(text, ephemeral=False)

    def warn(self, text: str) -> None:
        """Keep a text in the log of the run as a warning, in a preview too."""
        self._log(text, ephemeral=False, severity=engine_pb2.WARNING)

    def _log(
        self,
        text: str,
        *,
        ephemeral: bool,
        severity: engine_pb2.LogSeverity.ValueType = engine_pb2.INFO,
    ) -> None:
        address = sys.argv[-1]  # the engine passes its address as the last argument
        if not self._urn or ":" not in address:
            return
        request = engine_pb2.LogRequest(
            severity=severity, message=text, urn=self._urn, ephemeral=ephemeral
        )
        try:
            with grpc.insecure_channel(address) as channel:
                engine_pb2_grpc.EngineStub(channel).Log(request, timeout=2)
        except grpc.RpcError:
            return


def is_watched(processes: Path = Path("/proc")) -> bool:
    """Whether the command line runs in a terminal, so that a row can be redrawn.

    The provider process has no terminal of its own: Linux shows that of the command that started
    it. Elsewhere, and in doubt, the answer is no.
    """
    process = str(os.getpid())
    try:
        while process not in ("0", "1"):
            name, _, rest = (processes / process / "stat").read_text().rpartition(")")
            if name.partition("(")[2] == _COMMAND:
                folder = processes / process
                arguments = (folder / "cmdline").read_bytes().split(b"\0")
                screen = str((folder / "fd" / "1").readlink())
                return screen.startswith(("/dev/pts/", "/dev/tty")) and (
                    b"--non-interactive" not in arguments
                )
            process = rest.split()[1]
    except OSError:
        return False
    return False
