"""Many clusters in one stack: which provider process works on which."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cks_components.engine.provider_pool import pool_of_each
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


def test_up_to_four_clusters_need_no_pool() -> None:
    assert pool_of_each(4) == [None] * 4


def test_more_clusters_share_pools_of_four_of_which_there_are_not_too_many() -> None:
    assert pool_of_each(5) == ["pool-0"] * 4 + ["pool-1"]
    assert len(set(pool_of_each(32))) == 8
    assert len(set(pool_of_each(1000))) == 8


def test_a_fleet_is_spread_over_pools(engine: RecordingEngine) -> None:
    engine.deploy(lambda: deploy(fleet(9)))

    resources = engine.typed("ClusterOidc")
    assert len(resources) == 9
    # The reference of a provider is its URN and its id.
    names = {str(r.provider).rpartition("::")[0].rpartition("::")[2] for r in resources}
    assert names == {"pool-0", "pool-1", "pool-2"}


def test_a_small_stack_declares_no_provider_of_its_own(engine: RecordingEngine) -> None:
    engine.deploy(lambda: deploy(fleet(4)))

    assert engine.typed("pulumi-python") == []
