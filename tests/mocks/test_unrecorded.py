"""A create that was killed, on a cluster that the stack file names no longer."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cks_components.api.client import Client
from cks_components.api.environment import ApiAccess, state_backend
from cks_components.api.models import OidcConfig
from cks_components.engine import provider_call
from cks_components.engine.intent_log import Journal
from cks_components.lifecycle.intent import Intent
from cks_components.stack import deploy

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

NAMED, LEFT = (f"00000000-0000-4000-8000-{n:012d}" for n in range(2))
OURS = OidcConfig(issuer_url="https://idp.example.com", client_id="cks")
CONFIG = {
    "cks-access:clusters": json.dumps([{"id": NAMED, "endpoint": "abc.k8s.example.com"}]),
    "cks-access:identity": json.dumps(
        {"issuerUrl": OURS.issuer_url, "clientId": "cks", "usernameClaim": "email"}
    ),
}


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """The block of a cluster that answers; without one it does not answer."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    oidc: dict[str, Any] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        id_ = request.url.path.rpartition("/")[2]
        if id_ == "clusters":
            named = {"id": NAMED, "name": "named", "apiServerEndpoint": "abc.k8s.example.com"}
            return httpx.Response(200, json={"items": [named]})
        if id_ == LEFT and not oidc:
            return httpx.Response(403, json={"code": 7, "message": "no"})
        cluster = {"id": id_, "name": "left", "status": "STATUS_RUNNING", "oidc": oidc}
        return httpx.Response(200, json={"cluster": cluster})

    access = ApiAccess("https://api.coreweave.com", "CW-SECRET-" + "mock")
    client = Client(access, transport=httpx.MockTransport(answer))
    monkeypatch.setitem(provider_call.clients, access, client)
    return oidc


def note(cluster_id: str, **changes: Any) -> None:
    """Leave what a killed create of this stack left on this machine."""
    noted: dict[str, Any] = {
        "operation": "op",
        "based_on": "",
        "verb": "create",
        "stack": "acme/cks-access/test",
        "previous": OidcConfig(),
        "wanted": (OURS,),
    }
    journal = Journal(cluster_id, "cks-access/test", "acme", state_backend())
    journal.keep(Intent(**(noted | changes)))


def test_what_is_left_on_a_cluster_that_is_named_no_longer_is_said(
    engine: RecordingEngine, live: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    live.update(OURS.wire())
    note(NAMED)
    note(LEFT)

    engine.deploy(lambda: deploy(CONFIG))

    said = [r.message for r in caplog.records if "run that was interrupted" in r.message]
    assert len(said) == 1
    assert said[0].startswith(f"OIDC on cluster left ({LEFT}) was set by this stack")


@pytest.mark.parametrize(
    ("block", "changes"),
    [
        ({"issuerUrl": "https://theirs"}, {}),
        ({}, {}),
        (OURS.wire(), {"is_done": True}),
        (OURS.wire(), {"verb": "update"}),
        (OURS.wire(), {"based_on": "before"}),
    ],
    ids=["another block", "no answer", "done", "an update", "of a resource in the state"],
)
def test_nothing_is_said_of_what_is_not_left_by_a_killed_create(
    engine: RecordingEngine,
    live: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    block: dict[str, Any],
    changes: dict[str, Any],
) -> None:
    live.update(block)
    note(LEFT, **changes)

    engine.deploy(lambda: deploy(CONFIG))

    assert "run that was interrupted" not in caplog.text
