"""An issuer on loopback that publishes the keys of `tests.tokens`, over https."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lab.authority import Authority
from tests.tokens import published_keys


@dataclass
class Issuer:
    """A running issuer: its URL, base64 of the CA of its certificate, and who has asked it."""

    url: str
    ca: str
    asked: list[str]


@contextmanager
def running_issuer(folder: Path) -> Iterator[Issuer]:
    """Serve a discovery document and keys."""
    authority = Authority(folder)
    found = Issuer("", base64.b64encode(authority.certificate.read_bytes()).decode(), [])
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Documents, found))
    context = authority.server_context("issuer", ["127.0.0.1"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    found.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Documents(BaseHTTPRequestHandler):
    def __init__(self, issuer: Issuer, *args: Any) -> None:
        self._issuer = issuer
        super().__init__(*args)

    def do_GET(self) -> None:
        """Answer with the discovery document or with the keys."""
        self._issuer.asked.append(self.path)
        url = self._issuer.url
        discovery = {"issuer": url, "jwks_uri": f"{url}/keys"}
        documents = {
            "/.well-known/openid-configuration": discovery,
            "/keys": {"keys": published_keys()},
        }
        content = json.dumps(documents[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
