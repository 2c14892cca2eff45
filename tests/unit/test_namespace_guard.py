"""A namespace that was made here stays, or goes only when nothing is in it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import Unknown

from cks_components.api import environment, errors
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from cks_components.namespace_guard import NamespaceGuardProvider
from lab.api.emulator import Answer
from tests.kubernetes_api import FakeKubernetes

if TYPE_CHECKING:
    from tests.conftest import EngineLog

SERVER = "https://abc-33de361c.k8s.us-east-04a.coreweave.com"
UNKNOWN = Unknown()  # type: ignore[no-untyped-call] # the SDK leaves it untyped
NEWS: dict[str, Any] = {
    "__provider": "pickle",
    "__urn": "urn:pulumi:x",
    "server": SERVER,
    "cluster_id": "c",
    "namespace": "ci",
    "deletes": True,
}


@pytest.fixture
def kubernetes(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKubernetes]:
    fake = FakeKubernetes("CW-SECRET-" + "unit")
    fake.add_account("ci", "default")
    monkeypatch.setenv(environment.TOKEN, fake.token)
    access = ApiAccess(SERVER, fake.token)
    clock = Clock(sleep=lambda _seconds: None)
    client = KubernetesClient(access, transport=fake.transport, clock=clock)
    provider_call.kubernetes_clients[access] = client
    yield fake
    provider_call.kubernetes_clients.clear()


@pytest.fixture
def told(engine_log: EngineLog) -> list[tuple[str, str]]:
    return engine_log.messages


provider = NamespaceGuardProvider()


def test_the_state_holds_a_reference_to_a_class_that_never_moves() -> None:
    stored = b64decode(serialize_provider(provider))

    assert b"cks_components.namespace_guard" in stored
    assert b"NamespaceGuardProvider" in stored
    assert len(stored) < 110


def test_a_namespace_that_is_to_stay_stays_unseen_and_that_is_said(
    kubernetes: FakeKubernetes, told: list[tuple[str, str]]
) -> None:
    provider.delete("c/ci", NEWS | {"deletes": False})

    assert kubernetes.requests == []
    assert 'namespace "ci" and everything in it is kept on the cluster' in told[0][1]


def test_an_empty_namespace_may_go(kubernetes: FakeKubernetes, told: list[tuple[str, str]]) -> None:
    provider.delete("c/ci", NEWS)

    assert kubernetes.namespaces == ["default"]
    assert 'namespace "ci" was empty and was deleted' in told[0][1]
    assert "GET events" not in kubernetes.sent


def test_whatever_else_is_in_it_is_named_and_keeps_it(kubernetes: FakeKubernetes) -> None:
    for index in range(12):
        kubernetes.add_account("ci", f"other-{index:02}")

    with pytest.raises(errors.RefusedError) as caught:
        provider.delete("c/ci", NEWS | {"__label": "train-east"})

    assert (
        'cannot delete namespace "ci" on cluster train-east (c), because it still contains serviceaccounts/other-00, '
        in str(caught.value)
    )
    assert "serviceaccounts/other-09 and 2 more; move or delete them" in str(caught.value)
    assert "restore its pipeline without deleteNamespace" in str(caught.value)
    assert len(caught.value.differences) == 12


def test_a_guard_that_was_replaced_leaves_the_namespace_to_its_successor(
    kubernetes: FakeKubernetes, told: list[tuple[str, str]]
) -> None:
    kubernetes.add_account("ci", "deployer")
    provider.check({}, NEWS)

    provider.delete("c/ci", NEWS)

    assert told == []
    assert kubernetes.requests == []


def test_one_that_cannot_be_looked_through_is_not_deleted(kubernetes: FakeKubernetes) -> None:
    kubernetes.faults.append(
        lambda request, _genuine: (
            Answer(403, b'{"message": "no"}') if request.path.endswith("/serviceaccounts") else None
        )
    )

    with pytest.raises(errors.ForbiddenError, match="cannot list the serviceaccounts of namespace"):
        provider.delete("c/ci", NEWS)


def test_another_wish_is_an_update_and_another_namespace_or_cluster_another_guard() -> None:
    def diff(**changes: Any) -> tuple[bool | None, list[str] | None]:
        found = provider.diff("c/ci", NEWS, NEWS | changes)
        return found.changes, found.replaces

    assert diff() == (False, [])
    assert diff(__urn="urn:pulumi:y") == (False, [])
    assert diff(deletes=False) == (True, [])
    assert diff(deletes=UNKNOWN) == (True, [])
    assert diff(namespace="other") == (True, ["namespace"])
    assert diff(cluster_id="d") == (True, ["cluster_id"])


def test_what_is_wanted_is_recorded_and_nothing_is_sent(kubernetes: FakeKubernetes) -> None:
    checked = provider.check({}, NEWS)
    created = provider.create(checked.inputs)

    assert created.id == "c/ci"
    assert created.outs == checked.inputs == NEWS
    assert provider.update("c/ci", NEWS, NEWS).outs == NEWS
    assert provider.read("c/ci", NEWS).outs == NEWS
    assert kubernetes.requests == []


def test_what_a_preview_does_not_know_is_let_through_and_what_is_wrong_is_named() -> None:
    unknown = NEWS | {"server": UNKNOWN}
    assert provider.check({}, unknown).inputs == unknown

    (failure,) = provider.check({}, NEWS | {"namespace": ""}).failures
    assert failure.reason == "namespace: string should have at least 1 character"
