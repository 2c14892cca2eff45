"""Rights that have ended are not declared; their end is in no input."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cks_components.stack import deploy
from tests.mocks.test_presence import EDITORS, Fleet, config, fleet

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

__all__ = ["fleet"]  # pytest finds the fixture here
NOW = datetime(2026, 12, 1, tzinfo=UTC)
CD = {"name": "cd", "namespace": "training", "clusterRole": "edit", "namespaces": ["training"]}
VIEWERS = EDITORS | {"clusterRole": "view"}


@pytest.mark.parametrize(("hours", "is_there"), [(-1, True), (1, False)])
def test_a_right_is_declared_until_its_end_and_not_after_it(
    engine: RecordingEngine, fleet: Fleet, hours: int, is_there: bool
) -> None:
    fleet(1)
    end = {"until": "2026-12-01T00:00:00Z", "reason": "INC-1"}
    values = config({}, bindings=[EDITORS | end, VIEWERS], automation=[CD | end])

    engine.deploy(lambda: deploy(values, now=NOW + timedelta(hours=hours)))

    names = [*engine.registered]
    assert any(name.endswith("edit") and "rbac" in name for name in names) is is_there
    assert any("cd-account" in name for name in names) is is_there
    assert any(name.endswith("view") and "rbac" in name for name in names)
    inputs = json.dumps([made.inputs for made in engine.registered.values()], default=str)
    assert "2026-12" not in inputs
    assert "INC-1" not in inputs
