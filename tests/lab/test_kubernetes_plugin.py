"""The plugin as a process that is asked over gRPC, with the lab's managed endpoint behind it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from lab.kubernetes_plugin import properties
from lab.kubernetes_plugin.version import VERSION
from lab.state import CHECKOUT

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

RBAC = "rbac.authorization.k8s.io/v1"
URN = f"urn:pulumi:s::p::kubernetes:{RBAC}:ClusterRoleBinding::lab-plugin"
PATH = f"/apis/{RBAC}/clusterrolebindings"
# As the stack's kubeconfig does: the token is read from the environment at the moment of use.
HELPER = (
    'test -n "$COREWEAVE_API_TOKEN" || exit 1; '
    'printf \'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",'
    '"status":{"token":"%s"}}\' "$COREWEAVE_API_TOKEN"'
)


def kubeconfig(lab: Lab) -> str:
    program = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "interactiveMode": "Never",
        "command": "sh",
        "args": ["-c", HELPER],
    }
    return json.dumps(
        {
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": f"https://{lab.host}"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": {"exec": program}}],
        }
    )


def binding(group: str) -> dict[str, Any]:
    return {
        "apiVersion": RBAC,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "lab-plugin"},
        "roleRef": {"apiGroup": RBAC.split("/")[0], "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": RBAC.split("/")[0], "kind": "Group", "name": group}],
    }


@pytest.fixture
def plugin(lab: Lab) -> Iterator[Any]:
    with subprocess.Popen(
        [sys.executable, "-m", "lab.kubernetes_plugin", "-logtostderr"],
        cwd=CHECKOUT,
        env=os.environ | lab.variables,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        options = [("grpc.enable_http_proxy", 0)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
        process.terminate()


@pytest.fixture
def configured(plugin: Any, lab: Lab) -> Any:
    variables = {"kubernetes:config:kubeconfig": kubeconfig(lab)}
    plugin.Configure(provider_pb2.ConfigureRequest(variables=variables, acceptSecrets=True))
    return plugin


def live(lab: Lab) -> dict[str, Any]:
    answer = lab.get(lab.host, f"{PATH}/lab-plugin", lab.token)
    return answer.json() if answer.is_success else {}


def test_the_plugin_says_which_release_it_stands_in_for(plugin: Any) -> None:
    assert plugin.GetPluginInfo(empty_pb2.Empty()).version == VERSION


def test_a_binding_is_tried_made_changed_and_deleted(configured: Any, lab: Lab) -> None:
    inputs = properties.encode(binding("lab:dev"))
    configured.Create(provider_pb2.CreateRequest(urn=URN, properties=inputs, preview=True))
    assert live(lab) == {}

    made = configured.Create(provider_pb2.CreateRequest(urn=URN, properties=inputs))
    assert made.id == "lab-plugin"
    assert live(lab)["subjects"][0]["name"] == "lab:dev"

    news = properties.encode(binding("lab:ops"))
    change = {"urn": URN, "id": made.id, "olds": made.properties, "news": news}
    configured.Update(provider_pb2.UpdateRequest(**change, preview=True))
    assert live(lab)["subjects"][0]["name"] == "lab:dev"

    configured.Update(provider_pb2.UpdateRequest(**change))
    assert live(lab)["subjects"][0]["name"] == "lab:ops"
    (manager,) = {entry["manager"] for entry in live(lab)["metadata"]["managedFields"]}
    assert manager == properties.decode(made.properties)["__fieldManager"]

    configured.Delete(provider_pb2.DeleteRequest(urn=URN, id=made.id))
    assert live(lab) == {}


def test_what_the_api_refuses_is_shown_in_a_preview_and_without_the_token(
    configured: Any, lab: Lab
) -> None:
    inputs = properties.encode(binding("lab:dev") | {"roleRef": {"kind": "Nothing", "name": "x"}})

    with pytest.raises(grpc.RpcError) as caught:
        configured.Create(provider_pb2.CreateRequest(urn=URN, properties=inputs, preview=True))

    assert "roleRef.kind" in str(caught.value)
    assert lab.token not in str(caught.value)
