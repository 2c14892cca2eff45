"""A change of the names' prefix keeps access: new names first, old ones after it or later."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cks_components import cluster_oidc
from cks_components.api.client import Client
from cks_components.api.environment import ApiAccess
from cks_components.api.errors import CksError
from cks_components.engine import provider_call
from cks_components.stack import deploy
from tests.mocks.test_presence import EDITORS, IDENTITY, TOKEN, Fleet, config, fleet, host

if TYPE_CHECKING:
    from tests.kubernetes_api import FakeKubernetes
    from tests.mocks.conftest import RecordingEngine

__all__ = ["fleet"]  # pytest finds the fixture here
NOW = datetime(2026, 12, 1, tzinfo=UTC)
ID = "1b5274f2-8012-4b68-9010-000000000000"
RBAC = "rbac.authorization.k8s.io"
STACK = "urn:pulumi:test::cks-access::pulumi:pulumi:Stack::cks-access-test"
OLD = {"kind": "Group", "apiGroup": RBAC, "name": "old:ml"}
NEW = OLD | {"name": "idp:ml"}
MASTERS = {"groups": ["admins"], "clusterRole": "cluster-admin"}


def bound(engine: RecordingEngine, name: str, role: str, namespace: str = "") -> None:
    """Put a binding of the stack into the state."""
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    metadata = {"name": f"{role}-1"} | ({"namespace": namespace} if namespace else {})
    engine.state[f"urn:pulumi:test::cks-access::x::{name}"] = {
        "type": f"kubernetes:{RBAC}/v1:{kind}",
        "outputs": {
            "metadata": metadata,
            "roleRef": {"kind": "ClusterRole", "name": role},
            "subjects": [OLD],
        },
    }


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The block that the cluster has, by the API's names; at first what the stack has recorded."""
    block = {
        "issuerUrl": "https://idp.example.com",
        "usernameClaim": "email",
        "groupsClaim": "groups",
        "groupsPrefix": "old:",
    }

    def answer(request: httpx.Request) -> httpx.Response:
        found = {"id": ID, "status": "STATUS_RUNNING", "oidc": block, "apiServerEndpoint": host(0)}
        is_list = request.url.path.endswith("clusters")
        return httpx.Response(200, json={"items": [found]} if is_list else {"cluster": found})

    access = ApiAccess("https://api.coreweave.com", TOKEN)
    client = Client(access, transport=httpx.MockTransport(answer))
    monkeypatch.setitem(provider_call.clients, access, client)
    return block


@pytest.fixture
def cluster(engine: RecordingEngine, fleet: Fleet, live: dict[str, str]) -> FakeKubernetes:
    """A cluster whose block and bindings the stack made with another prefix."""
    assert live
    (found,) = fleet(1)
    block = {"issuer_url": "https://idp.example.com", "groups_prefix": "old:"}
    outputs = block | {"cluster_id": ID, "groups_claim": "groups", "username_claim": "email"}
    engine.state["urn:oidc"] = {"type": cluster_oidc.TYPE_TOKEN, "outputs": outputs}
    bound(engine, "000000000000-rbac:training:edit", "edit", "training")
    bound(engine, "000000000000-rbac:cluster-admin", "cluster-admin")
    bound(engine, "000000000000-rbac:view", "view")  # which the file no longer has
    bound(engine, "other", "edit")
    for name, namespace in (("edit-1", "training"), ("cluster-admin-1", "")):
        metadata = {"name": name, "uid": name}
        found.live_bindings[namespace, name] = {"metadata": metadata, "subjects": [OLD]}
    return found


def run(
    engine: RecordingEngine, now: datetime = NOW, *, preview: bool = False, **leaves: Any
) -> None:
    values = config({}, bindings=[EDITORS, MASTERS], identity=IDENTITY | leaves)
    engine.deploy(lambda: deploy(values, now=now), preview=preview)


def names(engine: RecordingEngine) -> list[str]:
    """The subjects of the binding in `training` that the program declares."""
    (made,) = (m for n, m in engine.registered.items() if n.endswith("rbac:training:edit"))
    return [subject["name"] for subject in made.inputs["subjects"]]


def recorded(engine: RecordingEngine, hours: int) -> None:
    """An update has made the change and recorded a handover."""
    engine.state["urn:oidc"]["outputs"]["groups_prefix"] = "idp:"
    former = {"groups_claim": "groups", "groups_prefix": "old:", "issuer_url": "https://x"}
    until = f"{NOW + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
    outputs = {"handovers": {ID: {"until": until, "former": former}}}
    engine.state[STACK] = {"type": "pulumi:pulumi:Stack", "outputs": outputs}


def test_bindings_have_the_new_names_before_anything_is_declared(
    engine: RecordingEngine, cluster: FakeKubernetes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    run(engine)

    assert cluster.live_bindings["training", "edit-1"]["subjects"] == [OLD, NEW]
    administrators = cluster.live_bindings["", "cluster-admin-1"]["subjects"]
    assert [subject["name"] for subject in administrators] == ["old:ml", "idp:admins"]
    assert names(engine) == ["idp:ml"]
    assert (
        "cluster c0: bindings get the new names of people and groups before the block is changed, "
        "and lose the old ones after it" in caplog.text
    )


def test_a_preview_says_so_and_sends_nothing(
    engine: RecordingEngine, cluster: FakeKubernetes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    run(engine, preview=True, handover="24h")

    assert "lose the old ones 1 day after it (handover)" in caplog.text
    assert not any(sent.startswith("PATCH") for sent in cluster.sent)


def test_with_a_handover_both_names_stay_bound(
    engine: RecordingEngine, cluster: FakeKubernetes
) -> None:
    run(engine, handover="24h")

    assert names(engine) == ["idp:ml", "old:ml"]
    assert cluster.live_bindings["training", "edit-1"]["subjects"] == [OLD, NEW]


@pytest.mark.parametrize(("hours", "is_kept"), [(3, True), (0, False)])
def test_the_old_names_stay_until_the_recorded_end(
    engine: RecordingEngine,
    cluster: FakeKubernetes,
    caplog: pytest.LogCaptureFixture,
    hours: int,
    is_kept: bool,
) -> None:
    caplog.set_level(logging.INFO)
    recorded(engine, hours)

    run(engine, handover="24h")

    assert ("old:ml" in names(engine)) is is_kept
    assert ("stay bound for another 3 hours" in caplog.text) is is_kept
    assert not any(sent.startswith("PATCH") for sent in cluster.sent)


def test_a_handover_that_is_taken_out_of_the_file_ends(
    engine: RecordingEngine, cluster: FakeKubernetes
) -> None:
    recorded(engine, 3)

    run(engine)

    assert names(engine) == ["idp:ml"]
    assert cluster.live_bindings["training", "edit-1"]["subjects"] == [OLD]


def test_the_same_names_change_nothing(engine: RecordingEngine, cluster: FakeKubernetes) -> None:
    run(engine, groupsPrefix="old:", handover="24h")

    assert names(engine) == ["old:ml"]
    assert not any(sent.startswith("PATCH") for sent in cluster.sent)


def test_names_that_an_interrupted_update_has_bound_are_not_bound_again(
    engine: RecordingEngine, cluster: FakeKubernetes
) -> None:
    run(engine)
    cluster.requests.clear()

    run(engine)

    assert "GET edit-1" in cluster.sent
    assert not any(sent.startswith("PATCH") for sent in cluster.sent)


@pytest.mark.parametrize(("policy", "is_bound"), [("refuse", False), ("overwrite", True)])
def test_no_name_is_bound_for_a_change_that_will_be_refused(
    engine: RecordingEngine,
    cluster: FakeKubernetes,
    live: dict[str, str],
    policy: str,
    is_bound: bool,
) -> None:
    live["usernameClaim"] = "sub"  # which somebody else has set

    run(engine, onDrift=policy)

    assert (NEW in cluster.live_bindings["training", "edit-1"]["subjects"]) is is_bound


def test_a_binding_that_is_gone_holds_nothing_up(
    engine: RecordingEngine, cluster: FakeKubernetes
) -> None:
    cluster.live_bindings.clear()

    run(engine)

    assert names(engine) == ["idp:ml"]


def test_a_cluster_that_refuses_the_new_names_keeps_the_update_from_starting(
    engine: RecordingEngine, cluster: FakeKubernetes
) -> None:
    cluster.refuses_patches = True

    with pytest.raises(CksError, match="access to cluster c0 would have a gap: cannot add the"):
        run(engine)

    assert engine.registered == {}


def test_a_change_of_a_stack_without_bindings_asks_nothing(
    engine: RecordingEngine, cluster: FakeKubernetes
) -> None:
    roles = [{"name": "r", "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]}]

    engine.deploy(lambda: deploy(config({}, roles=roles), now=NOW))

    assert not any("binding" in path for _, path, _ in cluster.requests)
    assert json.dumps(engine.state)
