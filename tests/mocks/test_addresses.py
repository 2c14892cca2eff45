"""A cluster that is reached another way: everything that goes to it goes that way."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
import yaml

from cks_components import build_kubeconfig
from cks_components.api import errors
from cks_components.engine import provider_call
from cks_components.kubernetes.address import Address
from cks_components.stack import deploy
from lab.authority import Authority

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
NAME = "cc4c51613302"
HOST = "abc123-33de361c.k8s.us-east-04a.coreweave.com"
IDENTITY = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "usernameClaim": "email"}
PIPELINE = {
    "name": "deployer",
    "namespace": "ci",
    "clusterRole": "edit",
    "namespaces": ["training"],
    "token": {"lifetime": "30d", "renewBefore": "7d"},
}


def entry(text: str) -> dict[str, Any]:
    (cluster,) = yaml.safe_load(text)["clusters"]
    found: dict[str, Any] = cluster["cluster"]
    return found


def test_everything_goes_the_way_that_is_written(
    engine: RecordingEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ca = Authority(tmp_path).certificate.read_text()
    cluster = {
        "id": ID,
        "alias": "east",
        "endpoint": HOST,
        "servers": {"managed": "https://east.ts.example"},
        "proxyUrl": {
            "managed": "http://ops.example:3128",
            "unmanaged": "http://all.example:3128",
            "pipelines": "",
        },
        "tlsServerName": {"managed": HOST},
        "certificateAuthority": ca,
    }
    exported: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    monkeypatch.setattr(pulumi, "export", exported.__setitem__)
    engine.outputs["ServiceAccountToken"] = {"token": "t", "expires_at": "2027"}
    config = {
        "cks-access:clusters": json.dumps([cluster]),
        "cks-access:identity": json.dumps(IDENTITY),
        "cks-access:automation": json.dumps([PIPELINE]),
    }

    def program() -> None:
        deploy(config)
        pulumi.Output.all(**exported).apply(outputs.update)

    engine.deploy(program)

    data = b64encode(ca.encode()).decode()
    managed = {
        "server": "https://east.ts.example",
        "proxy-url": "http://ops.example:3128",
        "tls-server-name": HOST,
        "certificate-authority-data": data,
    }
    assert entry(outputs["adminKubeconfigs"]["east"]) == managed
    assert entry(engine.registered[f"{NAME}-managed"].inputs["kubeconfig"]) == managed
    assert entry(outputs["kubeconfigs"]["east"]) == {
        "server": f"https://api.{HOST}",
        "proxy-url": "http://all.example:3128",
        "certificate-authority-data": data,
    }
    assert outputs["clusters"]["east"]["managedServer"] == "https://east.ts.example"
    for kind in ("ServiceAccountToken", "ClusterConnection"):
        (resource,) = engine.typed(kind)
        given = {k: resource.inputs[k] for k in ("server", "proxy_url", "tls_server_name")}
        assert list(given.values()) == ["https://east.ts.example", "http://ops.example:3128", HOST]
        assert resource.inputs["certificate_authority"] == ca
    # The check whether namespaces and roles are there went the same way.
    (asked,) = provider_call.kubernetes_clients
    assert (asked.endpoint, asked.proxy_url) == (managed["server"], managed["proxy-url"])
    assert (asked.tls_server_name, asked.certificate_authority) == (HOST, ca)


def test_clients_of_two_ways_to_one_server_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_call, "kubernetes_clients", {})
    ways = [
        Address(server="https://a.example"),
        Address(server="https://a.example", proxy_url="http://p.example:1"),
        Address(server="https://a.example", tls_server_name="b.example"),
    ]

    for way in (*ways, *ways):
        with provider_call.connected_to(way):
            pass

    assert len(provider_call.kubernetes_clients) == len(ways)


def test_no_token_is_sent_to_a_server_without_tls() -> None:
    address = Address(server="http://me:hunter2@a.example")

    with pytest.raises(errors.SettingsError, match="not an https URL") as caught:
        provider_call.connected_to(address).__enter__()

    assert "hunter2" not in str(caught.value)


def test_a_kubeconfig_may_be_built_with_a_url_alone() -> None:
    text = build_kubeconfig("east", server="https://a.example", user="me", credential={})

    assert entry(text) == {"server": "https://a.example"}
