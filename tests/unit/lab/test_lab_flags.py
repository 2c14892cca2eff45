"""What the blocks of a cluster become on kube-apiserver's command line."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from lab.flags import access_flags, blocks_of

SERVER = "https://hook.example.com/review"
CA = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()


def test_without_blocks_there_is_rbac_alone(tmp_path: Path) -> None:
    assert access_flags({}, tmp_path) == ["--authorization-mode=RBAC"]
    assert list(tmp_path.iterdir()) == []


def test_an_authentication_webhook_is_asked_in_v1(tmp_path: Path) -> None:
    flags = access_flags({"authnWebhook": {"server": SERVER}}, tmp_path)

    assert flags == [
        f"--authentication-token-webhook-config-file={tmp_path / 'authn-webhook.kubeconfig'}",
        "--authentication-token-webhook-version=v1",
        "--authorization-mode=RBAC",
    ]


def test_an_authorization_webhook_comes_after_rbac_and_is_asked_in_v1(tmp_path: Path) -> None:
    flags = access_flags({"authzWebhook": {"server": SERVER}}, tmp_path)

    assert flags == [
        f"--authorization-webhook-config-file={tmp_path / 'authz-webhook.kubeconfig'}",
        "--authorization-webhook-version=v1",
        "--authorization-mode=RBAC,Webhook",
    ]


@pytest.mark.parametrize(
    ("block", "cluster"),
    [
        ({"server": SERVER}, {"server": SERVER}),
        ({"server": SERVER, "ca": CA}, {"server": SERVER, "certificate-authority-data": CA}),
    ],
    ids=["the system's roots", "a ca of its own"],
)
def test_the_file_of_a_webhook_says_where_it_is_and_whom_to_trust(
    tmp_path: Path, block: dict[str, str], cluster: dict[str, str]
) -> None:
    access_flags({"authnWebhook": block}, tmp_path)

    written = json.loads((tmp_path / "authn-webhook.kubeconfig").read_text())
    assert [entry["cluster"] for entry in written["clusters"]] == [cluster]


def test_the_ca_of_the_issuer_is_written_as_pem(tmp_path: Path) -> None:
    flags = access_flags({"oidc": {"issuerUrl": "https://i", "ca": CA}}, tmp_path)

    assert f"--oidc-ca-file={tmp_path / 'oidc-ca.pem'}" in flags
    assert (tmp_path / "oidc-ca.pem").read_bytes() == base64.b64decode(CA)


def test_a_ca_that_is_not_base64_is_left_to_kube_apiserver(tmp_path: Path) -> None:
    access_flags({"oidc": {"issuerUrl": "https://i", "ca": "x"}}, tmp_path)

    assert (tmp_path / "oidc-ca.pem").read_text() == "x"


def test_unset_leaves_are_no_flags(tmp_path: Path) -> None:
    oidc = {"issuerUrl": "https://i", "clientId": "c", "groupsClaim": "", "ca": None}

    flags = access_flags({"oidc": oidc, "authzWebhook": {"ca": CA}}, tmp_path)

    assert flags == [
        "--oidc-issuer-url=https://i",
        "--oidc-client-id=c",
        "--authorization-mode=RBAC",
    ]


def test_algorithms_lose_the_prefix_of_the_api(tmp_path: Path) -> None:
    flags = access_flags({"oidc": {"signingAlgorithms": ["SIGNING_ALGORITHM_RS256"]}}, tmp_path)

    assert "--oidc-signing-algs=RS256" in flags


def test_only_set_blocks_are_followed() -> None:
    cluster = {"name": "c", "oidc": {}, "authnWebhook": {"server": SERVER}, "authzWebhook": None}

    assert blocks_of(cluster) == {"authnWebhook": {"server": SERVER}}
