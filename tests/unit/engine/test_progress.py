"""Progress reaches the resource's row, and never disturbs the work."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cks_components.engine.progress import LINE_SECONDS, ROW_SECONDS, ResourceLog, is_watched

if TYPE_CHECKING:
    from tests.conftest import EngineLog


@pytest.mark.parametrize("pause", [LINE_SECONDS, ROW_SECONDS], ids=["lines", "a row"])
def test_texts_of_progress_that_follow_too_quickly_are_dropped(
    engine_log: EngineLog, pause: float
) -> None:
    times = iter([0.0, pause * 0.9, pause, pause])
    row = ResourceLog("urn:x", now=lambda: next(times), pause_seconds=pause)

    for text in ("one", "two", "three"):
        row.progress(text)

    assert engine_log.messages == [("urn:x", "one"), ("urn:x", "three")]


def test_nobody_watching_a_test_means_a_line_at_most_every_15_seconds(
    engine_log: EngineLog,
) -> None:
    times = iter([0.0, 14.9])
    row = ResourceLog("urn:x", now=lambda: next(times))

    row.progress("one")
    row.progress("two")

    assert engine_log.messages == [("urn:x", "one")]


def test_notes_and_warnings_are_always_kept(engine_log: EngineLog) -> None:
    row = ResourceLog("urn:x")

    row.note("was there before")
    row.note("was there before")
    row.warn("moves")

    assert [text for _, text in engine_log.messages] == ["was there before"] * 2 + ["moves"]
    assert engine_log.kept == [True, True, True]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no-address"])
def test_without_an_engine_nothing_fails(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(sys, "argv", ["provider", address])

    ResourceLog("urn:x").progress("text")
    ResourceLog(None).note("text")


@pytest.mark.parametrize(
    ("command", "arguments", "screen", "watched"),
    [
        ("pulumi", b"pulumi\0up\0", "/dev/pts/3", True),
        ("pulumi", b"pulumi\0up\0--non-interactive\0", "/dev/pts/3", False),
        ("pulumi", b"pulumi\0up\0", "pipe:[4711]", False),
        ("something (else)", b"x", "/dev/pts/3", False),
    ],
    ids=["a terminal", "told not to", "a pipe", "no Pulumi above"],
)
def test_a_row_is_redrawn_where_the_command_above_has_a_terminal(
    tmp_path: Path, command: str, arguments: bytes, screen: str, watched: bool
) -> None:
    def process(number: int, name: str, parent: int) -> Path:
        folder = tmp_path / str(number)
        (folder / "fd").mkdir(parents=True)
        (folder / "stat").write_text(f"{number} ({name}) S {parent} 1 1")
        return folder

    process(os.getpid(), "python", 7001)
    above = process(7001, command, 1)
    (above / "cmdline").write_bytes(arguments)
    (above / "fd" / "1").symlink_to(screen)

    assert is_watched(tmp_path) is watched


def test_a_system_without_such_a_folder_is_not_watched(tmp_path: Path) -> None:
    assert not is_watched(tmp_path / "nowhere")
