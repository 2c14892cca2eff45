"""The resources of one cluster share its reads; what a change made out of date is read again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api.errors import NotFoundError
from cks_components.api.models import AuthenticationWebhook, AuthorizationWebhook, OidcConfig
from cks_components.api.recent_reads import LONGEST_AGE_SECONDS
from lab.api import faults, fleet

if TYPE_CHECKING:
    from cks_components.lifecycle.block import BlockLifecycle
    from tests.conftest import World

ID = fleet.CONTROL_PLANE
TWIN = "2c6385a3-9123-4c79-a121-dd5d62724413"


def requests(world: World, cluster_id: str = ID) -> list[str]:
    return [r.method for r in world.emulator.requests if r.path.endswith(cluster_id)]


def test_three_blocks_of_a_cluster_are_read_with_one_request(world: World) -> None:
    owner: BlockLifecycle[Any] = world.owner()
    for kind in (OidcConfig, AuthenticationWebhook, AuthorizationWebhook):
        assert replace(owner, kind=kind).read() is not None

    assert requests(world) == ["GET"]


def test_reads_at_the_same_time_share_one_request(world: World) -> None:
    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda _: world.owner().read(), range(8)))

    assert len(set(map(id, read))) == 1
    assert requests(world) == ["GET"]


def test_each_cluster_is_read_by_itself(world: World) -> None:
    world.owner().read()
    world.owner(TWIN).read()

    assert requests(world) == requests(world, TWIN) == ["GET"]


def test_after_a_minute_a_cluster_is_read_again(world: World) -> None:
    world.owner().read()
    world.time.now += LONGEST_AGE_SECONDS + 0.1
    world.owner().read()

    assert requests(world) == ["GET", "GET"]


def test_a_change_never_relies_on_a_shared_read_and_makes_it_out_of_date(world: World) -> None:
    desired = OidcConfig.model_validate({"issuerUrl": "https://idp.example.com", "clientId": "cks"})
    world.owner().read()

    world.owner().create(desired, adopt=False)
    cluster = world.owner().read()

    assert cluster is not None
    assert cluster.oidc == desired
    assert requests(world)[:3] == ["GET", "GET", "PATCH"]


def test_an_error_is_not_shared(world: World) -> None:
    faults.add(world.emulator, "refusal", target=ID, code=5)
    with pytest.raises(NotFoundError):
        world.client.recent.get(ID, lambda: world.client.get_cluster(ID))

    assert world.owner().read() is not None
