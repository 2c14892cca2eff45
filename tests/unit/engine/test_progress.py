"""Progress reaches the resource's row, and never disturbs the work."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from cks_components.engine.progress import row

if TYPE_CHECKING:
    from tests.conftest import EngineLog


def test_texts_that_follow_too_quickly_are_dropped(
    engine_log: EngineLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["provider", engine_log.address])
    times = iter([0.0, 5.0, 16.0, 16.0])
    show = row("urn:x", now=lambda: next(times))

    for text in ("one", "two", "three"):
        show(text)

    assert engine_log.messages == [("urn:x", "one"), ("urn:x", "three")]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no-address"])
def test_without_an_engine_nothing_fails(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(sys, "argv", ["provider", address])

    row("urn:x")("text")
    row(None)("text")
