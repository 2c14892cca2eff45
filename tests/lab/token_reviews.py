"""A kube-apiserver whose OIDC block the tests change, and the issuers that it can reach."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from cks_components.api.models import OidcConfig
from cks_components.authentication.oidc_settings import OidcSettings, settings
from cks_components.kubernetes.user import User
from lab.authority import Authority
from lab.control_plane import ControlPlane
from lab.flags import access_flags
from lab.state import PROGRAMS
from tests.tokens import Token, published_keys
from tests.verified_tokens import (
    AUTH0,
    CONFIGURATIONS,
    NEVER_INITIALIZED,
    WITH_A_SLASH,
    WITHOUT_KEYS,
)

CLUSTER_ID = "11111111-2222-4333-8444-555555555555"
_DISCOVERY = "/.well-known/openid-configuration"
_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
_PATIENCE_SECONDS = 30.0
ISSUERS = {str(c.block["issuerUrl"]) for c in CONFIGURATIONS if c.block}
Flags = Callable[[Mapping[str, Any], Path], list[str]]


class Cluster:
    """A control plane without controllers, whose blocks a test chooses."""

    def __init__(self, plane: ControlPlane, root: Path) -> None:
        self._plane = plane
        context = ssl.create_default_context(cafile=str(root))
        context.load_cert_chain(*plane.client)
        self._http = httpx.Client(
            base_url=f"https://127.0.0.1:{plane.port}", verify=context, trust_env=False, timeout=30
        )

    def follow(self, blocks: Mapping[str, Any], issuers: Iterable[str]) -> None:
        """Start kube-apiserver anew, and wait until it has the keys of these issuers."""
        self._plane.follow(blocks)
        assert self._plane.followed is not None
        assert not self._plane.followed.problem
        end = time.monotonic() + _PATIENCE_SECONDS
        for issuer in issuers:
            probe = Token(claims={"iss": issuer}).signed()
            while "not initialized" in self.review(probe)[1] and issuer not in NEVER_INITIALIZED:
                assert time.monotonic() < end, f"kube-apiserver did not get the keys of {issuer}"
                time.sleep(0.1)

    def review(self, token: str) -> tuple[User | None, str]:
        """Ask kube-apiserver who the bearer of a token is, and why it is nobody."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
        answer = self._http.post(_REVIEWS, json=body | {"spec": {"token": token}})
        assert answer.status_code == 201, answer.text
        status = answer.json()["status"]
        if not status.get("authenticated"):
            return None, status.get("error", "")
        user = status["user"]
        return User(user.get("username", ""), tuple(user.get("groups", ()))), ""

    def close(self) -> None:
        """End the programs."""
        self._http.close()
        self._plane.stop()


def structured(blocks: Mapping[str, Any], folder: Path) -> list[str]:
    """The flags for many blocks at once, of different issuers.

    What an `--oidc-*` flag means beyond what AuthenticationConfiguration can say, the list of
    algorithms above all, is for tests with the flags themselves.
    """
    found = [settings(OidcConfig.model_validate(block)) for block in blocks["oidc"]]
    content = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [_authenticator(one) for one in found if one is not None],
    }
    path = folder / "authentication.yaml"
    path.write_text(json.dumps(content))
    return [f"--authentication-config={path}", "--authorization-mode=RBAC"]


def _authenticator(found: OidcSettings) -> dict[str, Any]:
    mappings = {"username": {"claim": found.username_claim, "prefix": found.username_prefix}}
    if found.groups_claim:
        mappings["groups"] = {"claim": found.groups_claim, "prefix": found.groups_prefix}
    required = [found.required_claim] if found.required_claim else []
    return {
        "issuer": {"url": found.issuer, "audiences": [found.client_id]},
        "claimMappings": mappings,
        "claimValidationRules": [{"claim": c, "requiredValue": v} for c, v in required],
    }


@contextmanager
def running_cluster(folder: Path, flags: Flags = access_flags) -> Iterator[Cluster]:
    """Start the issuers, the way to them, and a control plane."""
    authority = Authority(folder / "authority")
    hosts = sorted({urlsplit(issuer).hostname or "" for issuer in ISSUERS})
    with _issuers(authority.server_context("issuers", hosts)) as proxy:
        plane = ControlPlane(
            folder / "control-plane",
            programs=PROGRAMS,
            authority=authority,
            cluster_id=CLUSTER_ID,
            environment={
                "HTTPS_PROXY": proxy,
                "NO_PROXY": "127.0.0.1",
                "SSL_CERT_FILE": str(authority.certificate),
            },
            flags=flags,
        )
        try:
            plane.start({"oidc": []}, with_controllers=False)
            cluster = Cluster(plane, authority.certificate)
            yield cluster
            cluster.close()
        finally:
            plane.stop()


@contextmanager
def _issuers(context: ssl.SSLContext) -> Iterator[str]:
    """Serve the documents of every issuer behind one proxy, and nothing else of the world."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Issuers, context))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Issuers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, context: ssl.SSLContext, *args: Any) -> None:
        self._context = context
        super().__init__(*args)

    def do_CONNECT(self) -> None:
        """Take the place of whichever host is asked for."""
        self.send_response_only(200)
        self.end_headers()
        self.connection = self._context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        """Answer with a discovery document, or with the keys."""
        address = f"https://{self.headers['Host']}{self.path}"
        if address.endswith("/keys"):
            return self._answer({"keys": published_keys()})
        if not address.endswith(_DISCOVERY):
            return self._answer({}, status=404)
        base = address.removesuffix(_DISCOVERY)
        slash = "/" if base in (WITH_A_SLASH, AUTH0.rstrip("/")) else ""
        keys = {} if base == WITHOUT_KEYS else {"jwks_uri": f"{base}/keys"}
        return self._answer({"issuer": base + slash, **keys})

    def _answer(self, document: Mapping[str, Any], status: int = 200) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def finish(self) -> None:
        """Close the connection."""
        super().finish()
        self.connection.close()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
