"""The webhooks' providers, called as the engine calls them, in process against the emulator."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api import environment, errors
from cks_components.cluster_oidc import ClusterOidcProvider
from cks_components.cluster_webhooks import (
    ClusterAuthenticationWebhookProvider,
    ClusterAuthorizationWebhookProvider,
)
from cks_components.engine import provider_call
from cks_components.engine.block_provider import OUTPUTS, BlockProvider
from lab.api import fleet
from tests.unit.rules.subjects import ROOT

if TYPE_CHECKING:
    from tests.conftest import World

ID = fleet.CONTROL_PLANE
SERVER = "https://hook.example.com/authn"
NEWS: dict[str, Any] = {
    "__provider": "p",
    "__urn": "urn:pulumi:x",
    "cluster_id": ID,
    "server": SERVER,
}
BOTH = [
    pytest.param(ClusterAuthenticationWebhookProvider, "authnWebhook", id="authentication"),
    pytest.param(ClusterAuthorizationWebhookProvider, "authzWebhook", id="authorization"),
]


@pytest.fixture(autouse=True)
def connected(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(environment.TOKEN, world.token)
    monkeypatch.delenv(environment.ENDPOINT, raising=False)
    provider_call.clients[world.access] = world.client
    yield
    provider_call.clients.clear()


@pytest.mark.parametrize(("kind", "field"), BOTH)
def test_a_life_from_create_to_delete(world: World, kind: type[BlockProvider], field: str) -> None:
    provider = kind()
    news = provider.check({}, NEWS | {"ca": ROOT}).inputs
    created = provider.create(news).outs or {}
    body = world.patches[-1].body
    assert base64.b64decode(body[field]["ca"]).startswith(b"-----BEGIN CERTIFICATE-----")
    assert body[field]["server"] == SERVER
    assert body["updateMask"] == f"{field}.ca,{field}.server"

    other = provider.check({}, NEWS | {"server": f"{SERVER}/2", "ca": ROOT}).inputs
    updated = provider.update(ID, created, other).outs or {}
    assert world.patches[-1].body["updateMask"] == f"{field}.server"

    read = provider.read(ID, updated)
    assert read.inputs == {k: v for k, v in updated.items() if k not in (*OUTPUTS, "__operation")}

    provider.delete(ID, updated)
    assert world.patches[-1].body == {
        "id": ID,
        "version": "v1.36",
        "updateMask": f"{field}.ca,{field}.server",
    }
    assert field not in world.emulator.cluster(ID)


@pytest.mark.parametrize(("kind", "field"), BOTH)
def test_a_webhook_that_somebody_else_made_is_refused_taken_over_and_given_back(
    world: World, kind: type[BlockProvider], field: str
) -> None:
    foreign = {"server": "https://theirs.example.com"}
    world.emulator.change(ID, **{field: foreign})
    provider = kind()
    news = provider.check({}, NEWS).inputs

    with pytest.raises(errors.RefusedError, match=r"server: 'https://theirs\.example\.com' on"):
        provider.create(news)
    assert world.patches == []

    created = provider.create(news | {"adopt": True}).outs or {}
    provider.delete(ID, created)
    assert world.emulator.cluster(ID)[field] == foreign


def test_three_blocks_of_one_cluster_leave_each_other_alone(world: World) -> None:
    oidc = {"cluster_id": ID, "issuer_url": "https://idp.example.com", "client_id": "cks"}
    bags = [
        (ClusterOidcProvider(), oidc),
        (ClusterAuthenticationWebhookProvider(), NEWS),
        (ClusterAuthorizationWebhookProvider(), NEWS),
    ]

    states = [provider.create(dict(bag)).outs or {} for provider, bag in bags]
    bags[0][0].delete(ID, states[0])

    live = world.emulator.cluster(ID)
    assert "oidc" not in live
    assert live["authnWebhook"] == live["authzWebhook"] == {"server": SERVER}
    assert [
        len({k for k in p.body if k.endswith("ebhook") or k == "oidc"}) for p in world.patches
    ] == [
        1,
        1,
        1,
        0,
    ]


def test_an_authorization_webhook_wants_a_confirmation_in_production() -> None:
    provider = ClusterAuthorizationWebhookProvider()
    production = {"environment": "production", "provider": "generic", "waivers": {}}

    refused = provider.check({}, NEWS | {"__context": production})
    waived = production | {"waivers": {"HOOK-01": "the team of the hook is on call"}}
    confirmed = provider.check({}, NEWS | {"__context": waived})

    assert [f.reason[-9:] for f in refused.failures] == ["[HOOK-01]"]
    assert confirmed.failures == []
