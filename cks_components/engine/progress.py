"""Progress of a long operation in the resource's own row of the command line.

Best effort: without an engine, or with one that does not answer, nothing is shown and nothing
fails.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_LINE_SECONDS = 15.0
_ROW_SECONDS = 1.0


def row(urn: str | None, *, now: Callable[[], float] = time.monotonic) -> Callable[[str], None]:
    """Return a function that shows a text in the row of the resource with this URN.

    Texts that follow too quickly are dropped: one a second in a terminal's row, one every 15
    seconds where each text is a line of its own.
    """
    pause = _ROW_SECONDS if sys.stderr.isatty() else _LINE_SECONDS
    last: list[float] = []

    def show(text: str) -> None:
        if not urn or (last and now() - last[-1] < pause):
            return
        last[:] = [now()]
        _log(urn, text)

    return show


def _log(urn: str, text: str) -> None:
    address = sys.argv[-1]  # the engine hands its address to the provider process so
    if ":" not in address:
        return
    request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True)
    try:
        with grpc.insecure_channel(address) as channel:
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=2)
    except grpc.RpcError:
        return
