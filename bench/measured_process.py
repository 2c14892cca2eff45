"""Runs a command, and measures it with all processes that it starts."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import psutil

_SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class Measured:
    """A command that has ended.

    Attributes:
        seconds: how long it took.
        cpu_seconds: of all its processes together, those that it has not waited for left out.
        peak_mebibytes: the most resident memory of all its processes at a time, measured five times
            a second; what processes share is counted for each.
    """

    code: int
    output: str
    seconds: float
    cpu_seconds: float
    peak_mebibytes: float


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], *, timeout: float
) -> Measured:
    """Run a command to its end; no other child of this process may end meanwhile.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    before, began = _cpu_seconds(), time.monotonic()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        memory = _Memory(process.pid)
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.terminate()
            raise
        finally:
            peak = memory.end()
    seconds = time.monotonic() - began
    return Measured(process.returncode, output, seconds, _cpu_seconds() - before, peak)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Memory:
    """The most memory of a process and its descendants, from now on."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._peak = 0
        self._ended = Event()
        self._thread = Thread(target=self._sample, daemon=True)
        self._thread.start()

    def end(self) -> float:
        self._ended.set()
        self._thread.join()
        return self._peak / 2**20

    def _sample(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            try:
                tree = [self._root, *self._root.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
            self._peak = max(self._peak, sum(map(_resident, tree)))


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
