from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pulumi.runtime.proto import provider_pb2

from lab.kubernetes_plugin import properties
from lab.kubernetes_plugin.errors import NotCoveredError, PluginError
from lab.kubernetes_plugin.properties import UNKNOWN, Secret

if TYPE_CHECKING:
    from tests.unit.lab.kubernetes_plugin.conftest import FakeApi, Plugin

RBAC = "rbac.authorization.k8s.io/v1"
NAMESPACE = "urn:pulumi:s::p::kubernetes:core/v1:Namespace::ns"
SECRET = "urn:pulumi:s::p::kubernetes:core/v1:Secret::s"
CRB = f"urn:pulumi:s::p::kubernetes:{RBAC}:ClusterRoleBinding::crb"
ROLE = f"urn:pulumi:s::p::kubernetes:{RBAC}:Role::r"
PATH = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"


def binding(group: str = "dev", **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": RBAC,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "crb", **metadata},
        "roleRef": {"kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "Group", "name": group}],
    }


def namespace(name: str = "team") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def secret(**more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "team"},
        "stringData": Secret({"pw": "hunter2"}),
        **more,
    }


def test_create_posts_the_object_and_stores_it_whole(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()

    answer = plugin.create(CRB, binding())

    (request,) = api.sent
    assert (request.method, request.url.path) == ("POST", PATH)
    manager = request.url.params["fieldManager"]
    assert manager.startswith("pulumi-kubernetes-")
    assert answer.id == "crb"
    state = properties.decode(answer.properties)
    assert state["metadata"]["uid"] == "uid-0"
    assert state["__inputs"] == binding()
    assert state["__initialApiVersion"] == RBAC
    assert state["__fieldManager"] == manager


def test_an_identifier_has_the_namespace_of_what_is_in_one(plugin: Plugin) -> None:
    plugin.configure()
    plugin.create(NAMESPACE, namespace())

    assert plugin.create(SECRET, secret()).id == "team/s"


def test_an_object_that_exists_is_not_overwritten(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()
    plugin.create(CRB, binding())

    with pytest.raises(PluginError, match=r'was not successfully created .* "crb" already exists'):
        plugin.create(CRB, binding("ops"))
    assert api.objects[f"{PATH}/crb"]["subjects"][0]["name"] == "dev"


def test_an_object_that_exists_is_taken_over_when_that_is_asked_for(
    api: FakeApi, plugin: Plugin
) -> None:
    plugin.configure(upsertExistingObjects="true")
    plugin.create(CRB, binding())

    plugin.create(CRB, binding("ops"))

    assert [request.method for request in api.sent] == ["PATCH", "PATCH"]
    assert api.objects[f"{PATH}/crb"]["subjects"][0]["name"] == "ops"


def test_a_preview_is_a_dry_run_and_stores_nothing(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()

    answer = plugin.create(CRB, binding(), preview=True)

    assert api.sent[0].url.params["dryRun"] == "All"
    assert api.objects == {}
    assert answer.id == ""
    assert properties.decode(answer.properties)["metadata"]["name"] == "crb"


def test_a_preview_shows_what_the_api_refuses(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()
    api.answers.append(api.refuse(422, "verbs must contain at least one value"))

    with pytest.raises(PluginError, match="verbs must contain at least one value"):
        plugin.create(CRB, binding(), preview=True)


@pytest.mark.parametrize("status", [403, 404, 409])
def test_a_preview_returns_inputs_where_only_the_update_can_know(
    api: FakeApi, plugin: Plugin, status: int
) -> None:
    plugin.configure()
    api.answers.append(api.refuse(status, "not now"))

    answer = plugin.create(CRB, binding(), preview=True)

    assert properties.decode(answer.properties) == binding()


def test_values_not_known_yet_are_not_sent(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()

    answer = plugin.create(CRB, binding(UNKNOWN), preview=True)

    assert api.sent == []
    assert properties.decode(answer.properties) == binding(UNKNOWN)


def test_a_namespace_that_comes_late_is_waited_for(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()
    plugin.create(NAMESPACE, namespace())
    api.answers += [api.refuse(404, "no namespace"), api.refuse(404, "no namespace")]

    assert plugin.create(SECRET, secret()).id == "team/s"
    assert plugin.slept == [1.0, 2.0]


def test_a_namespace_that_never_comes_is_an_error(plugin: Plugin) -> None:
    plugin.configure()

    with pytest.raises(PluginError, match='namespaces "team" not found'):
        plugin.create(SECRET, secret())
    assert sum(plugin.slept) == 15


def test_update_applies_after_taking_over_the_fields_of_the_create(
    api: FakeApi, plugin: Plugin
) -> None:
    plugin.configure()
    state = properties.decode(plugin.create(CRB, binding()).properties)
    api.requests.clear()

    new = plugin.update(CRB, state, binding("ops"))

    get, takeover, apply = api.sent
    assert get.method == "GET"
    (entry,) = json.loads(takeover.content)[-1]["value"]
    assert (entry["manager"], entry["operation"]) == (state["__fieldManager"], "Apply")
    assert apply.headers["Content-Type"] == "application/apply-patch+yaml"
    assert apply.url.params["fieldManager"] == state["__fieldManager"]
    assert apply.url.params["force"] == "false"
    assert new["subjects"][0]["name"] == "ops"
    assert new["__fieldManager"] == state["__fieldManager"]


def test_a_preview_of_an_update_takes_nothing_over(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()
    state = properties.decode(plugin.create(CRB, binding()).properties)
    api.requests.clear()

    plugin.update(CRB, state, binding("ops"), preview=True)

    get, apply = api.sent
    assert (get.method, apply.url.params["dryRun"]) == ("GET", "All")
    assert apply.url.params["force"] == "true"
    assert api.objects[f"{PATH}/crb"]["subjects"][0]["name"] == "dev"


def test_a_field_of_another_manager_is_a_conflict_that_names_the_way_out(
    api: FakeApi, plugin: Plugin
) -> None:
    plugin.configure()
    state = properties.decode(plugin.create(CRB, binding()).properties)
    refusal = httpx.Response(
        409, json={"kind": "Status", "reason": "Conflict", "message": "conflict with kubectl-edit"}
    )
    api.objects[f"{PATH}/crb"]["metadata"]["managedFields"] = []
    api.answers += [api.found(f"{PATH}/crb"), refusal]

    with pytest.raises(PluginError, match=r"(?s)field conflict detected.*kubectl-edit"):
        plugin.update(CRB, state, binding("ops"))


def test_force_is_used_only_where_it_is_asked_for(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()
    state = properties.decode(plugin.create(CRB, binding()).properties)

    plugin.update(CRB, state, binding(annotations={"pulumi.com/patchForce": "true"}))

    assert api.sent[-1].url.params["force"] == "true"


def test_a_generated_name_is_checked_in_and_kept(plugin: Plugin) -> None:
    plugin.configure()
    news = {"apiVersion": RBAC, "kind": "ClusterRoleBinding"}

    first = plugin.check(CRB, news)
    second = plugin.check(CRB, news, **first)

    assert first["metadata"]["name"].startswith("crb-")
    assert second == first


def test_the_providers_namespace_is_for_objects_that_name_none(plugin: Plugin) -> None:
    plugin.configure(namespace="team")
    news = {"metadata": {"name": "n"}}

    assert plugin.check(ROLE, news)["metadata"]["namespace"] == "team"
    assert plugin.check(CRB, news) == news


def test_a_secret_stays_secret_on_every_way(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()
    plugin.create(NAMESPACE, namespace())

    checked = plugin.check(SECRET, secret())
    state = properties.decode(plugin.create(SECRET, checked).properties)
    answer = plugin.read(SECRET, "team/s", inputs=checked, stored=state)

    assert checked["stringData"] == Secret({"pw": "hunter2"})
    assert api.objects["/api/v1/namespaces/team/secrets/s"]["data"] == {"pw": "aHVudGVyMg=="}
    for bag in (state, properties.decode(answer.properties), properties.decode(answer.inputs)):
        assert bag["data"] == Secret({"pw": "aHVudGVyMg=="}) or "data" not in bag
        assert isinstance(state["__inputs"]["stringData"], Secret)


def test_read_finds_drift_in_what_the_program_set(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()
    state = properties.decode(plugin.create(CRB, binding()).properties)
    api.objects[f"{PATH}/crb"]["subjects"].append({"kind": "User", "name": "mallory"})

    answer = plugin.read(CRB, "crb", inputs=binding(), stored=state)

    inputs = properties.decode(answer.inputs)
    assert [subject["name"] for subject in inputs["subjects"]] == ["dev", "mallory"]
    assert set(inputs["metadata"]) == {"name"}


def test_an_import_takes_all_inputs_from_the_live_object(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()
    api.objects[f"{PATH}/crb"] = binding(uid="u", managedFields=[], labels={"a": "b"})

    answer = plugin.read(CRB, "crb")

    assert answer.id == "crb"
    assert properties.decode(answer.inputs) == binding(labels={"a": "b"})


def test_what_is_gone_is_read_as_gone(plugin: Plugin) -> None:
    plugin.configure()

    assert plugin.read(CRB, "crb").id == ""


def test_delete_waits_until_it_is_gone_and_twice_is_once(api: FakeApi, plugin: Plugin) -> None:
    plugin.configure()
    plugin.create(CRB, binding())
    path = f"{PATH}/crb"
    live = api.found(path)
    api.answers += [live, live, live, api.refuse(404, "gone")]

    plugin.provider.delete(provider_pb2.DeleteRequest(urn=CRB, id="crb"))
    del api.objects[path]
    plugin.provider.delete(provider_pb2.DeleteRequest(urn=CRB, id="crb"))

    assert len(plugin.slept) == 2


def test_a_diff_tells_the_engine_what_replaces(plugin: Plugin) -> None:
    plugin.configure()
    state = plugin.create(CRB, binding()).properties
    news = binding() | {"roleRef": {"kind": "ClusterRole", "name": "edit"}}

    answer = plugin.provider.diff(
        provider_pb2.DiffRequest(urn=CRB, olds=state, news=properties.encode(news))
    )

    assert list(answer.replaces) == ["roleRef.name"]
    assert answer.deleteBeforeReplace
    assert answer.detailedDiff["roleRef.name"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE


def test_other_kinds_are_refused_with_the_way_out(plugin: Plugin) -> None:
    plugin.configure()

    with pytest.raises(NotCoveredError, match=r"core/v1:ConfigMap .* install the official plugin"):
        plugin.check("urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::c", {})
