from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pulumi.runtime.proto import provider_pb2

from lab.kubernetes_plugin import properties
from lab.kubernetes_plugin.errors import PluginError

if TYPE_CHECKING:
    from tests.unit.lab.kubernetes_plugin.conftest import FakeApi, Plugin

CRB = "urn:pulumi:s::p::kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding::crb"


def binding(group: str = "dev") -> dict[str, Any]:
    return {"metadata": {"name": "crb"}, "subjects": [{"kind": "Group", "name": group}]}


def unreachable(api: FakeApi, plugin: Plugin, **settings: str) -> None:
    api.reachable = False
    plugin.configure(**settings)


def test_a_preview_needs_no_cluster(api: FakeApi, plugin: Plugin) -> None:
    unreachable(api, plugin)

    answer = plugin.create(CRB, binding(), preview=True)

    assert properties.decode(answer.properties) == binding()
    state = binding() | {"__fieldManager": "m", "__inputs": binding()}
    assert plugin.update(CRB, state, binding("ops"), preview=True) == binding("ops")


def test_what_needs_a_cluster_says_why_it_is_out_of_reach(api: FakeApi, plugin: Plugin) -> None:
    unreachable(api, plugin)

    with pytest.raises(
        PluginError, match=r"^configured Kubernetes cluster is unreachable: .*refus"
    ):
        plugin.create(CRB, binding())
    with pytest.raises(PluginError, match=r"^failed to read resource state due to unreachable"):
        plugin.read(CRB, "crb")
    with pytest.raises(PluginError, match="PULUMI_K8S_DELETE_UNREACHABLE"):
        plugin.provider.delete(provider_pb2.DeleteRequest(urn=CRB, id="crb"))


def test_objects_out_of_reach_are_given_up_when_that_is_asked_for(
    api: FakeApi, plugin: Plugin
) -> None:
    unreachable(api, plugin, deleteUnreachable="true")

    assert plugin.read(CRB, "crb").id == ""
    plugin.provider.delete(provider_pb2.DeleteRequest(urn=CRB, id="crb"))


def test_changes_out_of_reach_are_skipped_when_that_is_asked_for(
    api: FakeApi, plugin: Plugin
) -> None:
    unreachable(api, plugin, skipUpdateUnreachable="true")

    assert plugin.check(CRB, binding("ops"), **binding()) == binding()
    assert plugin.read(CRB, "crb", inputs=binding(), stored=binding()).id == "crb"


def test_a_bad_token_is_a_cluster_out_of_reach_and_is_not_shown(
    plugin: Plugin, kubeconfig: dict[str, Any]
) -> None:
    kubeconfig["users"][0]["user"]["token"] = "WRONG-TOKEN"
    plugin.configure(kubeconfig=json.dumps(kubeconfig))

    with pytest.raises(PluginError, match="Unauthorized") as caught:
        plugin.create(CRB, binding())
    assert "WRONG-TOKEN" not in str(caught.value)


def test_a_busy_server_is_asked_again_after_the_time_it_names(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()
    api.answers.append(httpx.Response(429, headers={"Retry-After": "3"}))

    assert plugin.create(CRB, binding()).id == "crb"
    assert plugin.slept == [3.0]


def test_an_answer_that_is_not_the_apis_is_an_error(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()
    api.answers.append(httpx.Response(502, text="<html>proxy</html>"))

    with pytest.raises(PluginError, match="answered 502 without a reason"):
        plugin.create(CRB, binding())
