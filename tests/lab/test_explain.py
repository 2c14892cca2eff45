"""`cks-access explain` on a real cluster: its live block, its own reason, kubectl's token."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab.api import fleet
from lab.issuer import provider
from lab.webhook import hook
from lab.webhook.reviews import DAVE, token_of
from tests.tokens import Token

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


def test_a_service_account_token_that_nobody_signed_is_refused_by_us_and_the_cluster(
    trusting: Lab,
) -> None:
    own = f"https://oidc.cks.coreweave.com/id/{fleet.CONTROL_PLANE}"
    forged = {"namespace": "kube-system", "serviceaccount": {"name": "forged"}}
    claims = {"iss": own, "aud": [own], "kubernetes.io": forged}
    token = Token(claims=claims, header={"alg": "none"}, text="{header}.{payload}.").signed()

    found = explained(trusting, "--live", token)

    assert (found["accepted"], found["rule"]) == (False, "algorithm")
    assert found["server"]["accepted"] is False


def test_a_token_whose_account_is_gone_is_refused_with_the_words_of_the_cluster(
    trusting: Lab,
) -> None:
    name = f"gone-{secrets.token_hex(4)}"
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    trusting.post(trusting.host, accounts, trusting.token, {"metadata": {"name": name}})
    minted = trusting.post(trusting.host, f"{accounts}/{name}/token", trusting.token, {}).json()
    trusting.http.delete(
        f"https://{trusting.host}{accounts}/{name}",
        headers={"Authorization": f"Bearer {trusting.token}"},
    ).raise_for_status()
    token = minted["status"]["token"]

    alone = explained(trusting, token)
    found = explained(trusting, "--live", token)

    assert alone["accepted"] is True
    assert "whether the account still exists was not checked" in alone["reason"]
    assert (found["accepted"], found["rule"]) == (False, "")
    assert f'serviceaccounts "{name}" not found' in found["reason"]


def test_a_token_that_the_webhook_accepts_is_accepted_and_why_is_said(trusting: Lab) -> None:
    authority = (trusting.state.authority / "ca.pem").read_bytes()
    block = {"server": f"{hook.URL}/authn", "ca": base64.b64encode(authority).decode()}
    trusting.configure(authnWebhook=block)
    try:
        ended = trusting.run(
            *("cks-access", "explain", "--cluster", "local-east", "--live"),
            token_of(DAVE, secrets.token_hex(4)),
        )
    finally:
        trusting.configure(authnWebhook=None)

    assert (ended.returncode, ended.stderr) == (0, "")
    first, second = ended.stdout.splitlines()
    assert first == (
        f'the cluster itself: accepts it as "{DAVE}", groups hook:on-call, system:authenticated'
    )
    assert second.startswith("our own checks: refused (malformed): ")
    assert "the authentication webhook is asked about every token" in second


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
    content = {
        "clusters": [{"name": "c", "cluster": {"server": "https://k8s.example.com"}}],
        "contexts": [{"name": "people", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {"exec": plugin}}],
    }
    path.write_text(json.dumps(content))

    found = explained(trusting, "--from-kubeconfig", "people", KUBECONFIG=str(path))

    assert found["username"] == ALICE
