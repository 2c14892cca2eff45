"""Many clusters in one stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from cks_components.api.errors import SettingsError
from cks_components.cluster_oidc import TYPE_TOKEN
from cks_components.stack import deploy

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

IDENTITY = json.dumps(
    {"issuerUrl": "https://idp.example.com", "clientId": "cks", "usernameClaim": "email"}
)


def fleet(count: int) -> dict[str, Any]:
    clusters = [
        {"id": str(UUID(int=n)), "alias": f"c{n}", "endpoint": f"o-{n:08x}.k8s.z.coreweave.com"}
        for n in range(count)
    ]
    return {"cks-access:identity": IDENTITY, "cks-access:clusters": json.dumps(clusters)}


def test_a_fleet_of_any_size_is_served_by_one_provider_that_is_equal_in_every_stack(
    engine: RecordingEngine,
) -> None:
    engine.deploy(lambda: deploy(fleet(40)))

    assert len(engine.typed("ClusterOidc")) == 40
    (provider,) = engine.typed("pulumi:providers:pulumi-python")
    assert (provider.name, provider.inputs) == ("cks-access", {})
    served_by = {r.provider for r in engine.typed("ClusterOidc")}
    assert [
        by and by.endswith(":pulumi-python::cks-access::cks-access-id") for by in served_by
    ] == [True]


def known(count: int) -> dict[str, Any]:
    """The state after an update of a fleet, as far as it says which endpoints the API has."""
    return {
        f"urn:pulumi:test::cks-access::{TYPE_TOKEN}::c{n}": {
            "type": TYPE_TOKEN,
            "outputs": {"cluster_id": cluster["id"], "cluster_endpoint": cluster["endpoint"]},
        }
        for n, cluster in enumerate(json.loads(fleet(count)["cks-access:clusters"]))
    }


def test_an_update_of_pinned_clusters_that_the_state_knows_asks_nothing(
    engine: RecordingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COREWEAVE_API_TOKEN")  # without it nothing can be asked
    engine.state = known(3)

    engine.deploy(lambda: deploy(fleet(3)))

    assert len(engine.typed("ClusterOidc")) == 3


@pytest.mark.parametrize("endpoint", ["o-elsewhere.k8s.z.coreweave.com", ""])
def test_an_update_compares_what_the_state_does_not_confirm(
    engine: RecordingEngine, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    monkeypatch.delenv("COREWEAVE_API_TOKEN")
    engine.state = known(3)
    next(iter(engine.state.values()))["outputs"]["cluster_endpoint"] = endpoint

    with pytest.raises(SettingsError, match="COREWEAVE_API_TOKEN is not set"):
        engine.deploy(lambda: deploy(fleet(3)))
