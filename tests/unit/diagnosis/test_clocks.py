"""Clocks that agree, and those that do not."""

from __future__ import annotations

import pytest

from cks_components.diagnosis.clocks import clocks
from cks_components.diagnosis.result import State


@pytest.mark.parametrize(
    ("ahead", "state", "text"),
    [
        (
            {"the issuer": 1.0, "cluster east": -1.0},
            State.FINE,
            "those of this machine, the issuer and cluster east agree",
        ),
        ({"the issuer": None}, State.WARNING, "none were compared"),
        (
            {"the issuer": -300.0, "cluster east": -301.0},
            State.WRONG,
            "that of this machine is 300 seconds ahead of the issuer and cluster east",
        ),
        (
            {"the issuer": 0.0, "cluster east": -30.0},
            State.WARNING,
            "that of cluster east is 30 seconds behind this machine and the issuer",
        ),
        (
            {"the issuer": 90.0, "cluster east": None},
            State.WRONG,
            "that of the issuer is 90 seconds ahead of this machine",
        ),
    ],
)
def test_the_clock_that_most_others_disagree_with_is_named(
    ahead: dict[str, float | None], state: State, text: str
) -> None:
    found = clocks(ahead)

    assert (found.subject, found.state) == ("clocks", state)
    assert text in found.text
