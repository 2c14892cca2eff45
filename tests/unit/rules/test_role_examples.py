"""The worked roles are strict enough for production, and nothing about them is even a warning."""

from __future__ import annotations

from pathlib import Path

import yaml

from cks_components.access.promise_check import Verdict, outcomes
from cks_components.access.promise_report import lines
from cks_components.rules import Level, examine
from cks_components.stack_file.reading import decoded

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "roles" / "Pulumi.production.yaml"


def test_the_worked_roles_have_no_finding_but_the_names_that_rbac_will_see() -> None:
    config = yaml.safe_load(EXAMPLE.read_text())["config"]

    found = examine(decoded(config)).findings

    assert [str(f) for f in found if f.level is not Level.INFORMATION] == []


def test_the_worked_roles_keep_their_promises() -> None:
    config = yaml.safe_load(EXAMPLE.read_text())["config"]
    settings = examine(decoded(config)).accepted()

    found = outcomes(settings)

    assert len(found) == 23
    assert [line.text for line in lines(found) if line.verdict is not Verdict.KEPT] == []
