"""`cks-access test`: the promises of a stack file, by the file and on the clusters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from lab.api import fleet
from lab.api.emulator import Answer, Request
from tests.kubernetes_api import FakeKubernetes

if TYPE_CHECKING:
    from tests.conftest import World
    from tests.unit.conftest import Folder

HOSTS = ("east.example.com", "west.example.com")
CLUSTERS = [
    {"id": f"1b5274f2-8012-4b68-9010-00000000000{i}", "alias": host.split(".")[0], "endpoint": host}
    for i, host in enumerate(HOSTS)
]
BINDING = {"users": ["ann"], "clusterRole": "view", "namespaces": ["a"]}
KEPT = {"user": "ann", "can": ["get pods -n a"], "cannot": ["get secrets"]}
BROKEN = {"user": "ann", "can": ["delete nodes"]}


@pytest.fixture
def clusters(folder: Folder, world: World) -> Iterator[list[FakeKubernetes]]:
    """A kube-apiserver for each cluster, which allows only reads of pods."""
    assert folder.path.exists()  # first, so that the token is there

    def decide(spec: dict[str, Any]) -> dict[str, Any]:
        return {"allowed": spec["resourceAttributes"]["resource"] == "pods"}

    fakes = []
    for host in HOSTS:
        fake = FakeKubernetes(world.token, decide=decide)
        access = ApiAccess(f"https://{host}", world.token)
        provider_call.kubernetes_clients[access] = KubernetesClient(
            access, transport=fake.transport, clock=Clock(sleep=lambda _: None)
        )
        fakes.append(fake)
    yield fakes
    provider_call.kubernetes_clients.clear()


def test_kept_promises_are_said_and_fine(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS, bindings=[BINDING], expect=[KEPT])

    printed = folder.run("test", "test")

    assert printed.code == 0
    assert [line.partition(", by the rule")[0] for line in printed.out.splitlines()] == [
        "kept: east, west: expect[0].can[0]: ann can get pods -n a: ClusterRole view by bindings[0] "
        '(to User ann) allows it in namespace "a"',
        "kept: east, west: expect[0].cannot[0]: ann cannot get secrets: no rule of the stack or of "
        "Kubernetes allows it",
    ]
    assert printed.err.startswith("4 promises: 4 kept; decided by the stack file")


def test_a_broken_or_undecided_promise_is_found(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS, bindings=[BINDING], expect=[KEPT, BROKEN])

    printed = folder.run("test", "test")

    assert printed.code == 2
    assert printed.out.splitlines()[0] == (
        "broken: east, west: expect[1].can[0]: ann can delete nodes: no rule allows it; cluster wide "
        "the user has no role by the stack"
    )


def test_a_stack_without_tests_says_how_to_write_one(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS, bindings=[BINDING])

    printed = folder.run("test", "test")

    assert (printed.code, printed.out) == (0, "")
    assert printed.err == "the stack file has no tests of access; write expect\n"


def test_the_outcomes_are_objects_for_programs(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS[:1], bindings=[BINDING], expect=[BROKEN])

    printed = folder.run("test", "test", "--json")

    assert printed.code == 2
    assert json.loads(printed.out) == [
        {
            "cluster": "east",
            "path": "expect[0].can[0]",
            "who": "ann",
            "subject": "ann",
            "groups": ["system:authenticated"],
            "can": "delete nodes",
            "verdict": "broken",
            "reason": "no rule allows it; cluster wide the user has no role by the stack",
        }
    ]


def test_a_sentence_that_cannot_be_read_is_refused_where_it_stands(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS, expect=[{"user": "ann", "cannot": ["gett secrets"]}])

    printed = folder.run("test", "test")

    assert printed.code == 1
    assert 'expect[0].cannot[0]: "gett secrets" cannot be tested' in printed.err
    assert '(the nearest is "get")' in printed.err


def test_every_cluster_is_asked(folder: Folder, clusters: list[FakeKubernetes]) -> None:
    folder.write(clusters=CLUSTERS, bindings=[BINDING], expect=[KEPT, BROKEN])

    printed = folder.run("test", "test", "--live")

    assert printed.code == 2
    assert printed.out.splitlines() == [
        "broken: east, west: expect[1].can[0]: ann can delete nodes: the cluster does not allow it",
        "kept: east, west: expect[0].can[0]: ann can get pods -n a: the cluster allows it in "
        'namespace "a"',
        "kept: east, west: expect[0].cannot[0]: ann cannot get secrets: the cluster does not allow "
        "it",
    ]
    assert printed.err == "6 promises: 4 kept, 2 broken; asked on the clusters\n"
    assert all("POST subjectaccessreviews" in fake.sent for fake in clusters)


def test_a_cluster_that_cannot_be_asked_is_named_and_the_rest_is_shown(
    folder: Folder, clusters: list[FakeKubernetes]
) -> None:
    def fail(_request: Request, _genuine: Any) -> Answer:
        return Answer(401, b'{"message": "Unauthorized"}', {})

    clusters[0].faults.append(fail)
    folder.write(clusters=CLUSTERS, bindings=[BINDING], expect=[KEPT])

    printed = folder.run("test", "test", "--live")

    assert printed.code == 1
    assert printed.err.startswith("cannot test cluster east: cannot list the clusterroles")
    assert [line.partition(":")[0] for line in printed.out.splitlines()] == ["kept", "kept"]


@pytest.mark.parametrize("name", ["newborn", "nope"])
@pytest.mark.usefixtures("clusters")
def test_a_cluster_without_an_address_is_named_and_the_rest_is_asked(
    folder: Folder, world: World, name: str
) -> None:
    east = CLUSTERS[0]
    world.emulator.add(fleet.cluster(east["id"], east["alias"], apiServerEndpoint=east["endpoint"]))
    folder.write(clusters=[{"name": name}, east], bindings=[BINDING], expect=[KEPT])

    printed = folder.run("test", "test", "--live")

    assert printed.code == 1
    assert printed.err.startswith(f"cannot test cluster {name}: clusters[0]: ")
    assert [line.partition(": expect")[0] for line in printed.out.splitlines()] == [
        "kept: east",
        "kept: east",
    ]


def test_without_an_answer_of_any_cluster_there_are_only_problems(
    folder: Folder, clusters: list[FakeKubernetes]
) -> None:
    for fake in clusters:
        fake.token = "another"
    folder.write(clusters=CLUSTERS, bindings=[BINDING], expect=[KEPT])

    shown, data = (
        folder.run("test", "test", "--live"),
        folder.run("test", "test", "--live", "--json"),
    )

    assert (shown.code, shown.out) == (1, "")
    assert len(shown.err.splitlines()) == 2
    assert json.loads(data.out) == []


def test_a_cluster_is_found_by_its_name(folder: Folder, world: World) -> None:
    """Its endpoint is that of the API; a test of its own network is not needed for that."""
    name = str(next(c["name"] for c in fleet.clusters() if c["status"] == "STATUS_RUNNING"))
    folder.write(clusters=[{"name": name}], bindings=[BINDING], expect=[KEPT])
    endpoint = str(next(c for c in fleet.clusters() if c["name"] == name)["apiServerEndpoint"])
    fake = FakeKubernetes(world.token, decide=lambda _: {"allowed": True})
    access = ApiAccess(f"https://{endpoint}", world.token)
    provider_call.kubernetes_clients[access] = KubernetesClient(access, transport=fake.transport)

    printed = folder.run("test", "test", "--live")

    provider_call.kubernetes_clients.clear()
    assert printed.code == 2
    assert "1 kept, 1 broken" in printed.err
