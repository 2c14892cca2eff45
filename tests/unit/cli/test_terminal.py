"""Lines of results in a terminal, and in a pipe."""

from __future__ import annotations

import io
import sys

import click
import pytest

from cks_components.cli.terminal import shown

LONG = f"wrong    clusters: {'a few words ' * 10}".rstrip()


class Terminal(io.StringIO):
    """A screen of forty columns."""

    def isatty(self) -> bool:
        return True


def in_terminal(monkeypatch: pytest.MonkeyPatch, line: str, no_color: str = "") -> str:
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", no_color)
    return shown(line)


def test_a_pipe_gets_the_line_as_it_is() -> None:
    assert shown(LONG) == LONG


def test_a_terminal_gets_it_wrapped_and_its_first_word_in_colour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = in_terminal(monkeypatch, LONG)

    assert found.startswith(f"{click.style('wrong', fg='red', bold=True)}    clusters: a few")
    assert max(map(len, click.unstyle(found).splitlines())) <= 40
    assert " ".join(click.unstyle(found).split()) == " ".join(LONG.split())


@pytest.mark.parametrize("line", ["on train-east: edit in training", "! a remark", ""])
def test_a_word_that_is_no_result_has_no_colour(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    assert in_terminal(monkeypatch, line) == line


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in in_terminal(monkeypatch, LONG, no_color="1")
