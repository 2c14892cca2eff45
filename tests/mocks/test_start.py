"""A provider that the state has is declared before the stack file is judged, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pulumi.runtime import sync_await

from cks_components.api.errors import CksError
from cks_components.stack import deploy
from tests.mocks.test_rules_of_a_stack import config

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

RECORDED = {
    "urn:pulumi:test::cks-access::pulumi:providers:pulumi-python::cks-access": {
        "type": "pulumi:providers:pulumi-python",
        "outputs": {},
    }
}
ACCEPTED = config()
REFUSED = config(identity={"issuerUrl": "http://idp.example.com", "clientId": "cks"})


def test_nothing_is_declared_for_a_new_stack_that_is_refused(engine: RecordingEngine) -> None:
    with pytest.raises(CksError, match="https"):
        engine.deploy(lambda: deploy(REFUSED))

    assert engine.registered == {}


def test_a_provider_that_the_state_has_is_declared_first_which_changes_nothing(
    engine: RecordingEngine,
) -> None:
    engine.state = dict(RECORDED)

    with pytest.raises(CksError, match="https"):
        engine.deploy(lambda: deploy(REFUSED))

    assert list(engine.registered) == ["cks-access"]


@pytest.mark.parametrize("state", [{}, RECORDED], ids=["new", "recorded"])
def test_a_stack_has_its_provider_once(
    engine: RecordingEngine, state: dict[str, dict[str, object]]
) -> None:
    engine.state = dict(state)

    engine.deploy(lambda: deploy(ACCEPTED))

    providers = [r for r in engine.registered.values() if r.typ.endswith(":pulumi-python")]
    assert [p.inputs for p in providers] == [{}]
    assert [p.name for p in engine.typed("ClusterOidc")]


def test_another_sdk_that_cannot_be_waited_for_deploys_all_the_same(
    engine: RecordingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(sync_await, "_sync_await")
    engine.state = dict(RECORDED)

    engine.deploy(lambda: deploy(ACCEPTED))

    assert [p.name for p in engine.typed("ClusterOidc")]


def test_the_sdk_sends_what_is_declared_while_the_program_imports() -> None:
    """Fails if an SDK does without it: look at `stack.start` then."""
    assert callable(sync_await._sync_await)
