"""Reading an issuer over real TLS on loopback: whose certificate is trusted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cks_components.identity import discovery, webhook_certificate
from lab.authority import Authority

DOCUMENTS: dict[str, Any] = {"/keys": {"keys": [{"kty": "RSA"}]}}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        issuer = f"https://{self.headers['Host']}"
        document = {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        body = json.dumps(DOCUMENTS.get(self.path, document)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def issuer(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    context = authority.server_context("issuer", ["127.0.0.1"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_given_authority_is_trusted(issuer: str, authority: Authority) -> None:
    published = discovery.fetch(issuer, ca=authority.certificate.read_text())

    assert published.problem == ""
    assert (published.issuer, published.rsa_keys) == (issuer, 1)


def test_a_leaf_is_trusted_as_kube_apiserver_trusts_it(issuer: str, tmp_path: Path) -> None:
    leaf = (tmp_path / "issuer.pem").read_text()

    assert discovery.fetch(issuer, ca=leaf).issuer == issuer


def test_an_unknown_authority_is_a_fact_with_its_reason(issuer: str) -> None:
    assert "CERTIFICATE_VERIFY_FAILED" in discovery.fetch(issuer).problem


def test_the_given_authority_replaces_the_others(
    issuer: str, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    other = Authority(tmp_path / "other").certificate.read_text()

    assert discovery.fetch(issuer).issuer == issuer
    assert "CERTIFICATE_VERIFY_FAILED" in discovery.fetch(issuer, ca=other).problem


def test_a_webhooks_certificate_is_compared_with_the_given_authority(
    issuer: str, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger")

    assert (
        webhook_certificate.certificate_problem(issuer, ca=authority.certificate.read_text()) == ""
    )
    assert "certificate" in webhook_certificate.certificate_problem(
        issuer, ca=stranger.certificate.read_text()
    )
    assert "certificate" in webhook_certificate.certificate_problem(issuer, ca=None)
