"""A command of the engine under way, to be watched and disturbed."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from threading import Condition, Thread

import psutil

_PATIENCE_SECONDS = 180.0


class Running:
    """The command's process and those below it.

    Args:
        command: program and arguments.
        folder: where it runs.
        environment: all its variables.
    """

    def __init__(self, command: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._below: set[psutil.Process] = set()
        self._text = ""
        self._came = Condition()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def wait_for(self, text: str) -> None:
        """Return once the command has printed a text."""
        with self._came:
            self._came.wait_for(lambda: text in self._text, _PATIENCE_SECONDS)
            assert text in self._text

    def kill_provider(self) -> None:
        """End the process in which our provider runs, without a warning."""
        self._remember()
        (provider,) = [p for p in self._below if "pulumi.dynamic" in p.cmdline()]
        provider.kill()

    def interrupt(self) -> None:
        """Press Ctrl-C, which reaches the command alone: its plugins have groups of their own."""
        self._remember()
        self._process.send_signal(signal.SIGINT)

    def end(self) -> None:
        """End the command and everything below it, as a machine does that stops."""
        if self._process.poll() is None:
            self._remember()
            self._process.kill()
        for process in self._below:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(self._below, timeout=5)  # longer for nobody: a zombie may stay one
        self._process.wait()
        self._reader.join()

    def finish(self) -> tuple[int, str]:
        """Wait for the command's end; gives its exit code and output."""
        code = self._process.wait(_PATIENCE_SECONDS)
        self._reader.join()
        return code, self._text

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                with self._came:
                    self._text += line
                    self._came.notify_all()

    def _remember(self) -> None:
        """Note the processes below, which lose their parent when the command is gone."""
        self._below.update(psutil.Process(self._process.pid).children(recursive=True))
