"""The look at a cluster that a refresh takes, and with which a removal begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api import errors
from cks_components.api.client import Client
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.cluster_connection import ClusterConnectionProvider
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from lab.api import fleet
from lab.api.emulator import Answer
from tests.kubernetes_api import FakeKubernetes

if TYPE_CHECKING:
    from tests.conftest import World

ID = fleet.CONTROL_PLANE
ENDPOINT = fleet.endpoint("local-east")
SERVER = f"https://{ENDPOINT}"
PROPS: dict[str, Any] = {"cluster_id": ID, "endpoint": ENDPOINT, "server": SERVER}
PROVIDER = ClusterConnectionProvider()


@pytest.fixture
def kubernetes(world: World, monkeypatch: pytest.MonkeyPatch) -> FakeKubernetes:
    fake = FakeKubernetes(world.token)
    monkeypatch.setenv("COREWEAVE_API_TOKEN", world.token)
    monkeypatch.setenv("COREWEAVE_API_ENDPOINT", world.access.endpoint)
    monkeypatch.delenv("PULUMI_K8S_DELETE_UNREACHABLE", raising=False)
    api: dict[ApiAccess, Client] = {world.access: world.client}
    clock = Clock(lambda: world.time.now, world.time.sleep)
    access = ApiAccess(SERVER, world.token)
    monkeypatch.setattr(provider_call, "clients", api)
    servers = {access: KubernetesClient(access, transport=fake.transport, clock=clock)}
    monkeypatch.setattr(provider_call, "kubernetes_clients", servers)
    return fake


def refuse(fake: FakeKubernetes, status: int) -> None:
    fake.faults.append(
        lambda _request, _genuine: Answer(status, b'{"message": "no", "code": 7}', {})
    )


def test_a_cluster_that_takes_the_token_may_be_cleared(kubernetes: FakeKubernetes) -> None:
    PROVIDER.delete(ID, PROPS)
    read = PROVIDER.read(ID, PROPS)

    assert (read.id, read.outs, read.inputs) == (ID, PROPS, PROPS)
    assert kubernetes.sent == ["GET version"] * 2


def test_a_token_that_may_do_nothing_there_is_known_all_the_same(
    kubernetes: FakeKubernetes,
) -> None:
    refuse(kubernetes, 403)

    PROVIDER.delete(ID, PROPS)


def test_a_token_that_the_cluster_refuses_is_one_line_with_the_variable(
    kubernetes: FakeKubernetes,
) -> None:
    refuse(kubernetes, 401)

    with pytest.raises(errors.UnauthenticatedError, match="COREWEAVE_API_TOKEN") as deleting:
        PROVIDER.delete(ID, PROPS)
    with pytest.raises(errors.RefusedError, match="COREWEAVE_API_TOKEN") as reading:
        PROVIDER.read(ID, PROPS)

    assert str(reading.value).startswith(str(deleting.value))
    assert "do not set PULUMI_K8S_DELETE_UNREACHABLE" in str(reading.value)
    assert "\n" not in str(reading.value)


def test_a_token_that_nobody_accepts_is_said_by_the_api(
    kubernetes: FakeKubernetes, world: World
) -> None:
    refuse(kubernetes, 502)
    world.emulator.faults.append(lambda _r, _g: Answer(401, b'{"message": "no", "code": 16}', {}))

    with pytest.raises(errors.UnauthenticatedError, match="cannot read cluster"):
        PROVIDER.delete(ID, PROPS)


def test_a_missing_token_is_one_line(
    kubernetes: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COREWEAVE_API_TOKEN")

    with pytest.raises(errors.SettingsError, match="COREWEAVE_API_TOKEN is not set"):
        PROVIDER.delete(ID, PROPS)

    assert kubernetes.requests == []


def test_a_cluster_that_is_there_but_does_not_answer_stops_a_removal(
    kubernetes: FakeKubernetes, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the plugin would forget: what is bound there would stay for ever."""
    monkeypatch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
    refuse(kubernetes, 502)
    began = world.time.now

    with pytest.raises(errors.ServerError, match="ask the cluster whether it accepts the token"):
        PROVIDER.delete(ID, PROPS)

    assert world.time.now - began < 65


def test_a_cluster_that_is_gone_is_forgotten_when_told_and_says_how(
    kubernetes: FakeKubernetes, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(kubernetes, 502)
    world.emulator.remove(ID)

    for call in (PROVIDER.delete, PROVIDER.read):
        with pytest.raises(errors.RefusedError, match="PULUMI_K8S_DELETE_UNREACHABLE=true"):
            call(ID, PROPS)

    monkeypatch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
    PROVIDER.delete(ID, PROPS)
    assert PROVIDER.read(ID, PROPS).id == ""


def test_creates_and_updates_note_the_way_and_ask_nobody(kubernetes: FakeKubernetes) -> None:
    other = PROPS | {"server": "https://other.example"}

    assert PROVIDER.create(PROPS).outs == PROPS
    assert PROVIDER.update(ID, PROPS, other).outs == other
    assert PROVIDER.diff(ID, PROPS | {"__urn": "a"}, PROPS | {"__urn": "b"}).changes is False
    changed = PROVIDER.diff(ID, PROPS, other)
    assert (changed.changes, changed.replaces) == (True, None)
    assert kubernetes.requests == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_bad_token_is_said_with_the_cluster_s_name_and_id(
    kubernetes: FakeKubernetes, world: World, status: int
) -> None:
    refuse(kubernetes, 401)
    world.emulator.faults.append(lambda _r, _g: Answer(status, b'{"message": "no"}', {}))

    for operation in (PROVIDER.delete, PROVIDER.read):
        with pytest.raises(errors.CksError) as caught:
            operation(ID, PROPS | {"__label": "train-east"})

        assert f"cluster train-east ({ID})" in str(caught.value)
