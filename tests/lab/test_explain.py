"""`cks-access explain` on a real cluster: its live block, its own reason, kubectl's token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab.issuer import provider

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

ALICE = "alice@example.com"
BLOCK = {
    "issuerUrl": provider.URL,
    "clientId": provider.CLIENT,
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "lab:",
}


@pytest.fixture
def trusting(lab: Lab) -> Iterator[Lab]:
    lab.configure(oidc=BLOCK)
    lab.eventually(lambda: lab.who(lab.control.mint(ALICE)).status_code == 201)
    yield lab
    lab.configure(oidc=None)


def explained(lab: Lab, *arguments: str, **variables: str) -> dict[str, Any]:
    ended = lab.run(
        "cks-access", "explain", "--cluster", "local-east", "--json", *arguments, **variables
    )
    assert ended.stderr == ""
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_we_and_the_cluster_say_the_same_of_a_good_token(trusting: Lab) -> None:
    found = explained(trusting, "--live", trusting.control.mint(ALICE))

    groups = ["lab:ml-engineers", "system:authenticated"]
    server = {"accepted": True, "username": ALICE, "groups": groups, "reason": ""}
    assert found == {
        "accepted": True,
        "username": ALICE,
        "groups": groups,
        "rule": "",
        "reason": "",
        "signature": "verified",
        "bindings": [],
        "server": server,
    }


def test_the_reason_of_the_cluster_stands_beside_ours(trusting: Lab) -> None:
    found = explained(trusting, "--live", trusting.control.mint(ALICE, claims={"aud": "x"}))

    assert (found["rule"], found["signature"]) == ("audience", "verified")
    assert 'oidc: expected audience "cks-lab" got ["x"]' in found["server"]["reason"]


def test_a_service_account_token_of_the_cluster_is_known_as_one(trusting: Lab) -> None:
    found = explained(trusting, "--live", trusting.service_account_token())

    assert found["username"] == "system:serviceaccount:default:default"
    assert found["groups"] == found["server"]["groups"]


def test_the_token_that_an_exec_plugin_gives_kubectl_is_explained(
    trusting: Lab, tmp_path: Path
) -> None:
    token = trusting.control.mint(ALICE)
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "status": {"token": token}}
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "interactiveMode": "Never",
        "command": "printf",
        "args": ["%s", json.dumps(answer)],
    }
    path = tmp_path / "kubeconfig"
    context = {"name": "people", "context": {"cluster": "c", "user": "u"}}
    path.write_text(
        json.dumps({"contexts": [context], "users": [{"name": "u", "user": {"exec": plugin}}]})
    )

    found = explained(trusting, "--from-kubeconfig", "people", KUBECONFIG=str(path))

    assert found["username"] == ALICE
