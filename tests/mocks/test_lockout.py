"""An update that would lock somebody out says so, and in production needs an acknowledgement."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from cks_components import cluster_oidc
from cks_components.api.errors import CksError
from cks_components.stack import deploy
from tests.mocks.test_presence import EDITORS, Fleet, config, fleet

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

__all__ = ["fleet"]  # pytest finds the fixture here
ADMINS = {"groups": ["admins"], "clusterRole": "cluster-admin"}
HAD = {
    "kind": "Group",
    "subject": "idp:admins",
    "clusterRole": "cluster-admin",
    "namespaces": "*",
}
STACK = "urn:pulumi:test::cks-access::pulumi:pulumi:Stack::cks-access-test"
WHO = "POST selfsubjectreviews"
NOBODY = "nobody of this stack can change roles and bindings on cluster c0 after this update"
RUNS = "this update takes cluster-admin cluster wide on cluster c0 from runner, which runs it"


def recorded(engine: RecordingEngine, *rows: dict[str, Any]) -> None:
    outputs = {"access": {"c0": list(rows)}}
    engine.state[STACK] = {"type": "pulumi:pulumi:Stack", "outputs": outputs}


def values(*bindings: dict[str, Any], **more: Any) -> dict[str, str]:
    environment = more.pop("environment", "production")
    return config({}, bindings=list(bindings), **more) | {"cks-access:environment": environment}


@pytest.mark.parametrize("preview", [True, False])
def test_taking_the_last_administrator_is_refused_in_production(
    engine: RecordingEngine, fleet: Fleet, preview: bool
) -> None:
    fleet(1)
    recorded(engine, HAD)

    with pytest.raises(CksError, match=NOBODY) as caught:
        engine.deploy(lambda: deploy(values(EDITORS)), preview=preview)

    assert "(Group idp:admins can now)" in str(caught.value)
    assert engine.registered == {}


def test_elsewhere_it_is_a_warning(
    engine: RecordingEngine, fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    fleet(1)
    recorded(engine, HAD)

    engine.deploy(lambda: deploy(values(EDITORS, environment="staging")))

    assert NOBODY in caplog.text


def test_an_acknowledgement_with_a_reason_lets_it_pass(
    engine: RecordingEngine, fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fleet(1)
    recorded(engine, HAD)
    seen = {"risk": "no-administrator", "cluster": "c0", "reason": "moved to another stack"}

    engine.deploy(lambda: deploy(values(EDITORS, acknowledge=[seen])))

    assert "waived: moved to another stack" in caplog.text
    assert "acknowledge[0]" not in caplog.text


@pytest.mark.parametrize(
    "seen",
    [{"risk": "own-rights", "reason": "x"}, {"risk": "no-administrator", "reason": "x"}],
)
def test_an_acknowledgement_that_nothing_needs_is_a_warning(
    engine: RecordingEngine, fleet: Fleet, caplog: pytest.LogCaptureFixture, seen: dict[str, str]
) -> None:
    fleet(1)
    recorded(engine, HAD)

    engine.deploy(lambda: deploy(values(ADMINS, acknowledge=[seen])))

    assert "acknowledge[0]: this update takes no such risk" in caplog.text


def test_taking_rights_from_who_runs_the_update_is_refused(
    engine: RecordingEngine, fleet: Fleet
) -> None:
    (cluster,) = fleet(1, user={"username": "runner", "groups": ["idp:admins"]})
    recorded(engine, HAD)
    others = {"groups": ["others"], "clusterRole": "cluster-admin"}

    with pytest.raises(CksError, match=RUNS):
        engine.deploy(lambda: deploy(values(others)))

    assert WHO in cluster.sent


def test_who_runs_the_update_is_asked_only_where_somebody_loses_something(
    engine: RecordingEngine, fleet: Fleet
) -> None:
    (cluster,) = fleet(1)
    recorded(engine, HAD)

    engine.deploy(lambda: deploy(values(ADMINS)))

    assert WHO not in cluster.sent


def test_a_cluster_that_does_not_say_who_it_is_does_not_hold_up_an_update(
    engine: RecordingEngine, fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fleet(1, user=None)
    recorded(engine, HAD)

    engine.deploy(lambda: deploy(values({"groups": ["x"], "clusterRole": "cluster-admin"})))

    assert "cannot check whether this update takes rights on cluster c0 from the identity" in (
        caplog.text
    )


def test_without_an_identity_the_names_that_are_lost_are_not_known(
    engine: RecordingEngine, fleet: Fleet
) -> None:
    (cluster,) = fleet(1)
    recorded(engine, HAD)
    owned = {"cluster_id": "1b5274f2-8012-4b68-9010-000000000000", "on_delete": "retain"}
    engine.state["urn:oidc"] = {"type": cluster_oidc.TYPE_TOKEN, "outputs": owned}
    without = values(ADMINS)
    del without["cks-access:identity"]

    engine.deploy(lambda: deploy(without))

    assert WHO not in cluster.sent


def test_a_cluster_that_is_not_in_the_file_cannot_be_acknowledged(
    engine: RecordingEngine, fleet: Fleet
) -> None:
    fleet(1)
    seen = {"risk": "no-administrator", "cluster": "c1", "reason": "x"}

    with pytest.raises(CksError, match='"c1" is no cluster of this stack'):
        engine.deploy(lambda: deploy(values(ADMINS, acknowledge=[seen])))
