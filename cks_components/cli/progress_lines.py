"""Progress for people who wait at a terminal or read the log of a pipeline."""

from __future__ import annotations

import shutil
from functools import partial
from threading import Lock
from typing import TextIO

import click

tell = partial(click.echo, err=True)
"""Writes one line to stderr, so that stdout has the result alone."""


class ProgressLines:
    """Lines that stay, and in a terminal a row below them that is replaced by the next one.

    Safe to use from several threads.

    Args:
        stream: where to write; the row is left out if it is not a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.has_row = stream.isatty()
        self._row_length = 0
        self._lock = Lock()

    def line(self, text: str) -> None:
        """Write a line."""
        with self._lock:
            self._clear()
            click.echo(text, file=self._stream)

    def row(self, text: str) -> None:
        """Replace the row; the text is cut at the terminal's right edge."""
        if not self.has_row:
            return
        with self._lock:
            self._clear()
            shown = text[: shutil.get_terminal_size().columns - 1]
            click.echo(shown, file=self._stream, nl=False)
            self._row_length = len(shown)

    def end(self) -> None:
        """Take the row away."""
        with self._lock:
            self._clear()

    def _clear(self) -> None:
        if self._row_length:
            click.echo(f"\r{' ' * self._row_length}\r", file=self._stream, nl=False)
            self._row_length = 0
