"""What is written for people is looked for on the clusters before anything is declared."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api import errors
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from cks_components.stack import deploy
from lab.api.emulator import Answer, Request
from tests.kubernetes_api import FakeKubernetes

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

TOKEN = "CW-SECRET-" + "mock"
IDENTITY = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "idp:",
    "discovery": "off",
}
EDITORS = {"groups": ["ml"], "clusterRole": "edit", "namespaces": ["training"]}
Fleet = Callable[..., list[FakeKubernetes]]


def host(index: int) -> str:
    return f"abc123-{index:08x}.k8s.us-east-04a.coreweave.com"


def config(*clusters: dict[str, Any], **values: Any) -> dict[str, str]:
    own = [
        {"id": f"1b5274f2-8012-4b68-9010-{i:012d}", "alias": f"c{i}", "endpoint": host(i)} | cluster
        for i, cluster in enumerate(clusters)
    ]
    given = {"identity": IDENTITY, "clusters": own} | values
    return {f"cks-access:{key}": json.dumps(value) for key, value in given.items()}


@pytest.fixture
def fleet() -> Fleet:
    """Put a kube-apiserver behind the managed server of each of some clusters."""

    def made(count: int, **changes: Any) -> list[FakeKubernetes]:
        fakes = [FakeKubernetes(TOKEN, namespaces=["training"], **changes) for _ in range(count)]
        for index, fake in enumerate(fakes):
            access = ApiAccess(f"https://{host(index)}", TOKEN)
            client = KubernetesClient(
                access, transport=fake.transport, clock=Clock(sleep=lambda _: None)
            )
            provider_call.kubernetes_clients[access] = client
        return fakes

    return made


@pytest.mark.parametrize("preview", [True, False])
def test_everything_that_is_missing_on_every_cluster_is_found_at_once(
    engine: RecordingEngine, fleet: Fleet, preview: bool
) -> None:
    first, second = fleet(2)
    second.namespaces = ["training", "serving"]
    common = {"groups": ["all"], "clusterRole": "veiw", "namespaces": ["servin"]}
    values = config({"bindings": [EDITORS, EDITORS | {"namespaces": ["trainin"]}]}, {})
    values["cks-access:bindings"] = json.dumps([common])

    with pytest.raises(errors.SettingsError) as caught:
        engine.deploy(lambda: deploy(values), preview=preview)

    assert [line.partition(";")[0] for line in caught.value.findings] == [
        'bindings[0].namespaces[0]: cluster c0 has no namespace "servin"',
        'bindings[0].clusterRole: cluster c0 has no ClusterRole "veiw" (the nearest is "view"), so '
        "this would grant nothing",
        'clusters[0].bindings[1].namespaces[0]: cluster c0 has no namespace "trainin" (the nearest '
        'is "training")',
        'bindings[0].namespaces[0]: cluster c1 has no namespace "servin" (the nearest is '
        '"serving")',
    ]
    assert "(the same for c1: 2 clusters in all)" in caught.value.findings[1]
    assert engine.registered == {}
    assert first.sent == second.sent == ["GET namespaces", "GET clusterroles"]


def test_only_clusters_with_bindings_are_asked(engine: RecordingEngine, fleet: Fleet) -> None:
    bare, bound = fleet(2)

    engine.deploy(lambda: deploy(config({}, {"bindings": [EDITORS]})))

    assert bare.sent == []
    assert bound.sent == ["GET namespaces", "GET clusterroles"]


def test_a_stack_with_an_identity_alone_asks_no_cluster(
    engine: RecordingEngine, fleet: Fleet
) -> None:
    (bare,) = fleet(1)

    engine.deploy(lambda: deploy(config({})))

    assert bare.sent == []
    assert engine.typed(":ClusterOidc") != []


def test_a_namespace_that_a_pipeline_makes_counts_for_people_too(
    engine: RecordingEngine, fleet: Fleet
) -> None:
    fleet(1)
    maker = {"name": "ci", "namespace": "ci", "clusterRole": "view", "createNamespace": True}
    values = config({"bindings": [EDITORS | {"namespaces": ["ci"]}], "automation": [maker]})

    engine.deploy(lambda: deploy(values))

    assert len(engine.typed(":RoleBinding")) == 1


def test_clusters_are_asked_at_the_same_time(engine: RecordingEngine, fleet: Fleet) -> None:
    """Each answers only once eight have been asked."""
    together = threading.Barrier(8, timeout=30)

    def wait(request: Request, _genuine: Callable[[], Answer]) -> None:
        if request.path.endswith("/namespaces"):
            together.wait()

    fleet(8, faults=[wait])

    engine.deploy(lambda: deploy(config(*[{"bindings": [EDITORS]}] * 8)))

    assert len(engine.typed(":RoleBinding")) == 8


def test_a_cluster_that_cannot_be_asked_refuses_an_update_with_all_else_that_is_wrong(
    engine: RecordingEngine, fleet: Fleet
) -> None:
    silent, lacking = fleet(2)
    silent.faults.append(lambda _request, _genuine: Answer(403, b'{"message": "no"}'))
    lacking.namespaces = []

    with pytest.raises(errors.SettingsError) as caught:
        engine.deploy(lambda: deploy(config(*[{"bindings": [EDITORS]}] * 2)))

    unknown, missing = caught.value.findings
    assert unknown.startswith(
        "clusters[0]: cannot check whether the named namespaces and roles exist on cluster c0: "
        "cannot list the namespaces"
    )
    assert missing.startswith("clusters[1].bindings[0].namespaces[0]: cluster c1 has no")
    assert engine.registered == {}


def test_a_preview_says_what_it_could_not_look_up_and_goes_on(
    engine: RecordingEngine, fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (silent,) = fleet(1)
    silent.faults.append(lambda _request, _genuine: Answer(401, b'{"message": "no"}'))

    engine.deploy(lambda: deploy(config({"bindings": [EDITORS]})), preview=True)

    assert [
        r.levelname
        for r in caplog.records
        if r.getMessage().startswith("clusters[0]: cannot check")
    ] == ["INFO"]
    assert len(engine.typed(":RoleBinding")) == 1


def test_a_waiver_lets_a_role_pass_that_is_made_later(
    engine: RecordingEngine, fleet: Fleet
) -> None:
    fleet(1)
    values = config({"bindings": [EDITORS | {"clusterRole": "trainer"}]})
    waivers = [{"rule": "RBAC-09", "reason": "the operator makes it"}]
    values["cks-access:waivers"] = json.dumps(waivers)

    engine.deploy(lambda: deploy(values))

    assert len(engine.typed(":RoleBinding")) == 1
