"""Bindings of a stack that sets no OIDC block get the prefixes that the cluster gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cks_components.api.client import Client
from cks_components.api.environment import ApiAccess
from cks_components.engine import provider_call
from cks_components.stack import deploy

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
CONFIG = {
    "cks-access:clusters": json.dumps([{"id": ID, "endpoint": "abc.k8s.example.com"}]),
    "cks-access:bindings": json.dumps([{"groups": ["ml"], "clusterRole": "view"}]),
}
OWNED: dict[str, Any] = {
    "cluster_id": ID,
    "issuer_url": "https://ours",
    "groups_claim": "groups",
    "groups_prefix": "ours:",
    "previous": {
        "issuer_url": "https://theirs",
        "groups_claim": "groups",
        "groups_prefix": "theirs:",
    },
}


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster whose block somebody else has set."""
    cluster = {"id": ID, "status": "STATUS_RUNNING", "oidc": {"groupsPrefix": "live:"}}
    answers = {"clusters": {"items": [cluster]}, ID: {"cluster": cluster}}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=answers[request.url.path.rpartition("/")[2]])

    access = ApiAccess("https://api.coreweave.com", "CW-SECRET-" + "mock")
    client = Client(access, transport=httpx.MockTransport(answer))
    monkeypatch.setitem(provider_call.clients, access, client)


def who(engine: RecordingEngine) -> list[str]:
    (binding,) = engine.typed(":ClusterRoleBinding")
    return [subject["name"] for subject in binding.inputs["subjects"]]


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("preview", [True, False])
def test_without_an_identity_the_prefixes_are_those_of_the_cluster(
    engine: RecordingEngine, preview: bool
) -> None:
    engine.deploy(lambda: deploy(CONFIG), preview=preview)

    assert who(engine) == ["live:ml"]


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("on_delete", "name"), [("retain", "ours:ml"), ("restore", "theirs:ml"), ("clear", "ml")]
)
def test_where_the_identity_is_taken_out_the_prefixes_are_those_of_what_is_left(
    engine: RecordingEngine, on_delete: str, name: str
) -> None:
    engine.state["urn:oidc"] = {
        "type": "pulumi-python:dynamic/cks:ClusterOidc",
        "outputs": OWNED | {"on_delete": on_delete},
    }

    engine.deploy(lambda: deploy(CONFIG))

    assert who(engine) == [name]
