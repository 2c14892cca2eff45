"""With `verify: true` an update ends with the tests of access, and a preview does not begin them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api.clock import Clock
from cks_components.api.errors import CksError
from cks_components.kubernetes.address import Address
from cks_components.stack import deploy
from cks_components.stack.verification import BrokenPromisesError, verify
from cks_components.stack_file.reading import decoded
from cks_components.stack_file.settings import StackSettings
from tests.mocks.test_presence import EDITORS, Fleet, config, fleet, host

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

__all__ = ["fleet"]  # pytest finds the fixture here
EXPECT = [{"groups": ["ml"], "can": ["create pods -n training"]}]
SUBJECT = "POST subjectaccessreviews"


def values(**more: Any) -> dict[str, str]:
    return config({"bindings": [EDITORS]}, {"bindings": [EDITORS]}, expect=EXPECT, **more)


def test_an_update_asks_every_cluster_at_its_end(
    engine: RecordingEngine, fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clusters = fleet(2, decide=lambda _spec: {"allowed": True})

    engine.deploy(lambda: deploy(values(verify=True)))

    assert [cluster.sent[-1] for cluster in clusters] == [SUBJECT, SUBJECT]
    assert "tests of access: 2 promises: 2 kept" in caplog.text


@pytest.mark.parametrize(("preview", "verify"), [(True, True), (False, False)])
def test_a_preview_and_a_stack_that_does_not_want_it_ask_nothing(
    engine: RecordingEngine, fleet: Fleet, preview: bool, verify: bool
) -> None:
    clusters = fleet(2)

    engine.deploy(lambda: deploy(values(verify=verify)), preview=preview)

    assert not any(SUBJECT in cluster.sent for cluster in clusters)


def accepted(fleet: Fleet, **changes: Any) -> tuple[StackSettings, list[Address]]:
    fleet(2, **changes)
    settings = StackSettings.model_validate(decoded(values(verify=True)))
    return settings, [c.addresses(host(i)).managed for i, c in enumerate(settings.clusters)]


def test_a_broken_promise_fails_the_update_with_its_sentence(fleet: Fleet) -> None:
    slept: list[float] = []
    settings, servers = accepted(fleet)

    with pytest.raises(BrokenPromisesError) as caught:
        verify(settings, servers, Clock(sleep=slept.append))

    lines = str(caught.value).splitlines()
    assert lines[0] == (
        "everything was written, but the tests of access (expect, verify: true) failed:"
    )
    assert lines[1].startswith(
        "broken: c0, c1: expect[0].can[0]: a member of ml can create pods -n training: the cluster "
        "does not allow it"
    )
    assert lines[-1] == 'Correct bindings, roles or expect, and run "pulumi up" again'
    assert slept == [2.0] * 30  # fifteen pauses for each cluster


def test_a_binding_may_take_a_moment(fleet: Fleet, engine: RecordingEngine) -> None:
    answers = iter([False, False, False, False, True, True])
    settings, servers = accepted(fleet, decide=lambda _spec: {"allowed": next(answers)})

    engine.deploy(lambda: verify(settings, servers, Clock(sleep=lambda _: None)))

    assert list(answers) == []


def test_a_cluster_that_cannot_be_asked_fails_it_too(fleet: Fleet) -> None:
    settings, servers = accepted(fleet, decide=lambda _spec: {"allowed": True})
    servers[1] = Address(server="http://not-secure.example.com")

    with pytest.raises(CksError, match="cannot test cluster c1: cannot connect to"):
        verify(settings, servers)
