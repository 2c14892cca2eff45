"""One request without a token, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cks_components.api.environment import ApiAccess
from cks_components.api.server_probe import probe
from lab.api.emulator import Answer, Request
from lab.api.server import serve
from lab.authority import Authority


@dataclass
class Server:
    """Answers everything alike, and remembers the requests."""

    body: bytes
    requests: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        return Answer(401, self.body, {"date": "Wed, 25 Nov 2026 12:00:00 GMT"})


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_an_answer_is_one_whatever_its_status_and_no_token_is_sent() -> None:
    server = Server(b'{"kind": "Status"}')
    with serve(server) as url:
        found = probe(ApiAccess(url, "CW-SECRET"), "/version")

    assert (found.problem, found.status, found.content) == ("", 401, {"kind": "Status"})
    assert found.ahead_seconds is not None
    (request,) = server.requests
    assert request.path == "/version"
    assert "authorization" not in {name.lower() for name in request.headers}


@pytest.mark.parametrize("body", [b"<html>", b"[]"])
def test_what_is_no_json_object_has_no_content(body: bytes) -> None:
    with serve(Server(body)) as url:
        assert probe(ApiAccess(url, ""), "/version").content == {}


def test_a_certificate_that_is_not_trusted_is_told_from_silence(tmp_path: Path) -> None:
    context = Authority(tmp_path).server_context("server", ["127.0.0.1"])
    with serve(Server(b""), ssl_context=context) as url:
        untrusted = probe(ApiAccess(url, ""), "/")
    gone = probe(ApiAccess(url, ""), "/")

    assert untrusted.is_untrusted
    assert "certificate" in untrusted.problem
    assert not gone.is_untrusted
    assert gone.problem.startswith("ConnectError: ")


@pytest.mark.parametrize(
    "access",
    [
        ApiAccess("https://127.0.0.1:99999", ""),
        ApiAccess("https://a.example", "", proxy_url="socks5://127.0.0.1:1"),
    ],
    ids=["port", "proxy"],
)
def test_an_address_that_cannot_be_asked_is_a_problem(access: ApiAccess) -> None:
    assert probe(access, "/").problem
