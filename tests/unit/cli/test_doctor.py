"""Everything that a login needs, checked at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api.environment import ApiAccess
from cks_components.engine import provider_call
from cks_components.kubernetes.client import KubernetesClient
from lab.api import fleet
from lab.api.server import serve
from lab.authority import Authority
from tests.kubernetes_api import FakeKubernetes

if TYPE_CHECKING:
    from tests.conftest import World
    from tests.unit.cli.conftest import Folder

HOST = fleet.endpoint("local-east")
BINDING: dict[str, Any] = {"groups": ["a"], "clusterRole": "view"}
IDENTITY = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "idp:",
}
NEWBORN = [{"name": "newborn"}]
CLUSTERS = [{"name": "local-east"}]


@pytest.fixture(autouse=True)
def kubernetes(
    folder: Folder, world: World, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeKubernetes]:
    """The managed endpoint; nothing else is reached, because the proxy is a closed port."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("PATH", str(folder.path))
    for name in ("kubectl", "kubectl-oidc_login"):
        (folder.path / name).touch(mode=0o755)
    fake = FakeKubernetes(world.token)
    access = ApiAccess(f"https://{HOST}", world.token)
    provider_call.kubernetes_clients[access] = KubernetesClient(access, transport=fake.transport)
    yield fake
    provider_call.kubernetes_clients.clear()


def test_a_stack_that_is_well_is_fine_in_every_line_and_nothing_is_changed(
    folder: Folder, world: World
) -> None:
    oidc = {k: v for k, v in IDENTITY.items() if k != "groupsPrefix"}
    world.emulator.change(fleet.CONTROL_PLANE, oidc=oidc)
    folder.write(clusters=CLUSTERS, bindings=[BINDING])

    printed = folder.run("doctor", "test")

    assert printed.code == 0, printed.out
    assert {line.split()[0] for line in printed.out.splitlines()} == {"fine"}
    assert {request.method for request in world.emulator.requests} == {"GET"}


def test_what_is_wrong_is_said_with_the_cure(folder: Folder, kubernetes: FakeKubernetes) -> None:
    (folder.path / "kubectl-oidc_login").unlink()
    kubernetes.namespaces = ["default"]
    folder.write(
        clusters=CLUSTERS,
        identity=IDENTITY,
        bindings=[BINDING | {"namespaces": ["defualt"]}],
    )

    printed = folder.run("doctor", "test", "--json")
    found = {result["subject"]: result for result in json.loads(printed.out)}

    assert printed.code == 2
    assert found["cluster local-east: OIDC"]["state"] == "wrong"
    assert 'the nearest is "default"' in found["cluster local-east: namespaces and roles"]["text"]
    assert found["issuer"]["state"] == "warning"
    assert "could not be read" in found["issuer"]["text"]
    assert "install int128/kubelogin" in found["kubectl-oidc_login"]["text"]


def test_a_managed_endpoint_that_refuses_the_token_is_wrong(
    folder: Folder, kubernetes: FakeKubernetes
) -> None:
    kubernetes.token = "another"
    folder.write(clusters=CLUSTERS, bindings=[BINDING])

    printed = folder.run("doctor", "test")

    assert printed.code == 2
    assert "wrong    cluster local-east: managed endpoint: cannot ask the cluster" in printed.out
    assert "warning  cluster local-east: namespaces and roles: cannot check" in printed.out


def test_a_cluster_that_is_not_found_leaves_the_other_checks(folder: Folder) -> None:
    folder.write(clusters=[{"name": "nowhere"}], bindings=[BINDING])

    printed = folder.run("doctor", "test")

    assert printed.code == 2
    assert 'wrong    CKS API: clusters[0]: no cluster "nowhere" is visible' in printed.out
    assert "fine     kubectl: " in printed.out


def test_a_cluster_without_an_endpoint_yet_is_only_said_to_be_changing(folder: Folder) -> None:
    folder.write(clusters=NEWBORN, bindings=[BINDING])

    printed = folder.run("doctor", "test")

    assert "warning  cluster newborn: status: CREATING" in printed.out
    assert "endpoint" not in printed.out


def test_a_certificate_that_is_not_trusted_is_wrong(
    folder: Folder, kubernetes: FakeKubernetes, tmp_path: Path
) -> None:
    context = Authority(tmp_path / "pki").server_context("unmanaged", ["127.0.0.1"])
    with serve(kubernetes, ssl_context=context) as url:
        folder.write(
            clusters=[{"name": "local-east", "servers": {"unmanaged": url}}], bindings=[BINDING]
        )
        printed = folder.run("doctor", "test")

    assert (
        f"wrong    cluster local-east: unmanaged endpoint: the certificate of {url}" in printed.out
    )


def test_the_engine_is_asked_for_the_configuration_on_demand(folder: Folder) -> None:
    folder.write(clusters=CLUSTERS, bindings=[BINDING])

    printed = folder.run("doctor", "test", "--resolve")

    assert printed.code == 1
    assert "pulumi is not installed" in printed.err
