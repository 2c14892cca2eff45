"""A token of a pipeline, minted when it is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cks_components.api.environment import ApiAccess
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from lab.api import fleet
from tests.kubernetes_api import FakeKubernetes

if TYPE_CHECKING:
    from tests.conftest import World
    from tests.unit.conftest import Folder

DEPLOYER: dict[str, Any] = {"name": "deployer", "namespace": "ci", "clusterRole": "edit"}
LINTER = DEPLOYER | {"name": "linter", "clusterRole": "view", "namespaces": ["training"]}
HOST = fleet.endpoint("local-east")
STACK = "test/local-east/deployer"


@pytest.fixture
def kubernetes(folder: Folder, world: World) -> Iterator[FakeKubernetes]:
    fake = FakeKubernetes(world.token)
    fake.add_account("ci", "deployer")
    fake.add_account("ci", "linter")
    access = ApiAccess(f"https://{HOST}", world.token)
    provider_call.kubernetes_clients[access] = KubernetesClient(access, transport=fake.transport)
    clusters = [{"name": "local-east", "automation": [LINTER]}, {"name": "foreign"}]
    folder.write(clusters=clusters, automation=[DEPLOYER])
    yield fake
    provider_call.kubernetes_clients.clear()


def test_stdout_holds_the_token_alone_and_nothing_is_stored(
    folder: Folder, kubernetes: FakeKubernetes
) -> None:
    printed = folder.run("token", STACK)

    assert printed.code == 0
    assert printed.err == (
        "the cluster granted 1 hour, as requested: the token expires at 2026-11-25T13:00:00+00:00\n"
    )
    assert kubernetes.refusal(printed.out.strip()) == ""
    assert kubernetes.secrets == {}


def test_a_shorter_life_than_asked_for_is_told(folder: Folder, kubernetes: FakeKubernetes) -> None:
    kubernetes.cap_seconds = 1800

    printed = folder.run("token", STACK, "--lifetime", "8h")

    assert printed.code == 0
    assert printed.err.startswith(
        "the cluster granted 30 minutes instead of the requested 8 hours: the token expires at "
    )


@pytest.mark.usefixtures("kubernetes")
def test_a_cluster_without_an_endpoint_yet_has_no_tokens(folder: Folder) -> None:
    folder.write(clusters=[{"name": "newborn"}], automation=[DEPLOYER])

    printed = folder.run("token", "test/newborn/deployer")

    assert (printed.code, printed.out) == (1, "")
    assert "has no apiServerEndpoint yet (CREATING)" in printed.err


@pytest.mark.usefixtures("kubernetes")
def test_a_kubeconfig_is_for_the_unmanaged_endpoint_and_the_namespace_of_the_work(
    folder: Folder,
) -> None:
    config = yaml.safe_load(folder.run("token", "test/local-east/linter", "--kubeconfig").out)

    assert config["clusters"][0]["cluster"] == {"server": f"https://api.{HOST}"}
    assert config["contexts"][0]["context"]["namespace"] == "training"
    assert set(config["users"][0]["user"]) == {"token"}


@pytest.mark.usefixtures("kubernetes")
def test_a_kubeconfig_is_called_as_the_stack_file_says(folder: Folder) -> None:
    pattern = {"context": "{environment}.{stack}.{cluster}.{kind}"}
    folder.write(clusters=[{"name": "local-east"}], automation=[DEPLOYER], kubeconfig=pattern)

    config = yaml.safe_load(folder.run("token", STACK, "--kubeconfig").out)

    assert config["current-context"] == "development.test.local-east.pipeline-deployer"
    assert config["users"][0]["name"] == "test/local-east/pipeline-deployer"


@pytest.mark.usefixtures("kubernetes")
def test_a_program_reads_everything_as_one_object(folder: Folder) -> None:
    said = json.loads(folder.run("token", STACK, "--json", "--lifetime", "10m").out)

    assert (said["requestedSeconds"], said["grantedSeconds"]) == (600, 600)
    assert said["expiresAt"] == "2026-11-25T12:10:00+00:00"
    context = yaml.safe_load(said["kubeconfig"])["contexts"][0]["context"]
    assert context["namespace"] == "ci"


def test_a_pinned_cluster_is_not_looked_up(
    folder: Folder, kubernetes: FakeKubernetes, world: World
) -> None:
    pinned = {"id": fleet.CONTROL_PLANE, "alias": "east", "endpoint": HOST}
    path = folder.write(clusters=[pinned], automation=[DEPLOYER])

    printed = folder.run("token", f"{path}/east/deployer")

    assert printed.code == 0
    assert world.emulator.requests == []
    assert kubernetes.sent == ["GET deployer", "POST token"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("deployer",), '"deployer" is not STACK/CLUSTER/NAME; write all three'),
        (("test//deployer",), "is not STACK/CLUSTER/NAME"),
        (("test/local-eas/deployer",), 'no cluster "local-eas" (the nearest is "local-east")'),
        (("test/local-east/depl",), 'no automation entry "depl" (the nearest is "deployer")'),
        (("test/foreign/linter",), "it has deployer"),
        ((STACK, "--lifetime", "5m"), "--lifetime: is less than 10 minutes"),
        ((STACK, "--lifetime", "400d"), "--lifetime: is more than 366 days"),
        ((STACK, "--lifetime", "soon"), '--lifetime: "soon" is not a duration'),
    ],
)
def test_a_mistake_is_named_and_nothing_is_sent(
    folder: Folder, kubernetes: FakeKubernetes, arguments: tuple[str, ...], message: str
) -> None:
    printed = folder.run("token", *arguments)

    assert (printed.code, printed.out) == (1, "")
    assert message in printed.err
    assert kubernetes.requests == []


def test_a_stack_without_pipelines_says_so(folder: Folder, kubernetes: FakeKubernetes) -> None:
    binding = {"groups": ["a"], "clusterRole": "view"}
    folder.write(clusters=[{"name": "local-east"}], bindings=[binding])

    printed = folder.run("token", STACK)

    assert 'has no automation entry "deployer"; it has none' in printed.err
    assert kubernetes.requests == []


def test_an_account_that_was_not_made_yet_is_named(
    folder: Folder, kubernetes: FakeKubernetes
) -> None:
    kubernetes.accounts.clear()

    printed = folder.run("token", STACK)

    assert printed.code == 1
    assert (
        'there is no service account "deployer"; correct the name, or create it first ("pulumi up")'
        in printed.err
    )
