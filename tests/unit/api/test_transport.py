"""The way to a server: how long it is tried, who hears of it, and what a message says of it."""

from __future__ import annotations

import socket
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import httpx
import pytest

from cks_components.api import environment, errors
from cks_components.api.api_access import from_environment
from cks_components.api.client import CKS_API, Client
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess, shown
from cks_components.api.http import HttpClient
from cks_components.api.retry import PREVIEW_DEADLINE_SECONDS, telling
from cks_components.api.transport import route
from lab.api.server import serve
from lab.authority import Authority
from tests.kubernetes_api import FakeKubernetes

HOST = "https://api.cks.example"
SECRET = "hunter2"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@dataclass
class Hours:
    """A clock whose time passes by waiting alone, with whatever rings meanwhile."""

    time: float = 0.0
    bells: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def pass_by(self, seconds: float) -> None:
        before, self.time = self.time, self.time + seconds
        for every, call in self.bells:
            for _ in range(int(self.time // every) - int(before // every)):
                call()

    @property
    def clock(self) -> Clock:
        hours = self

        class Fake(Clock):
            @contextmanager
            def every(self, seconds: float, call: Callable[[], None]) -> Iterator[None]:
                hours.bells.append((seconds, call))
                yield
                hours.bells.pop()

        return Fake(lambda: self.time, self.pass_by)


def refuse(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("[Errno 111] Connection refused")


def test_whoever_waits_is_told_after_five_seconds_what_is_tried_and_where() -> None:
    hours, told = Hours(), list[str]()
    access = ApiAccess(HOST, "t", origin=environment.ENDPOINT)
    client = Client(access, transport=httpx.MockTransport(refuse), clock=hours.clock)

    with telling(told.append), pytest.raises(errors.NoAnswerError):
        client.list_clusters(deadline_seconds=PREVIEW_DEADLINE_SECONDS)

    assert hours.time <= PREVIEW_DEADLINE_SECONDS
    assert len(told) in (1, 2, 3)
    assert told[0].endswith(
        "s: still trying to list the clusters: https://api.cks.example (COREWEAVE_API_ENDPOINT)"
    )
    assert 5 <= float(told[0].partition(" s")[0]) < 7


def test_nobody_is_told_of_an_answer_that_comes_soon_nor_after_the_block() -> None:
    hours, told = Hours(), list[str]()
    answer = httpx.Response(200, json={"items": []})
    transport = httpx.MockTransport(lambda _request: answer)
    client = Client(ApiAccess(HOST, "t"), transport=transport, clock=hours.clock)

    with telling(told.append):
        client.list_clusters()
    hours.pass_by(60)

    assert told == []
    assert hours.bells == []


def test_time_rings_while_an_answer_is_awaited_and_no_longer() -> None:
    rung = Event()

    with Clock().every(0.01, rung.set):
        assert rung.wait(5)
    rung.clear()

    assert not rung.wait(0.05)


@pytest.mark.parametrize(
    ("variables", "way"),
    [
        ({}, "without a proxy (HTTPS_PROXY is not set)"),
        (
            {"HTTPS_PROXY": "http://p.example:1"},
            "through the proxy http://p.example:1 (HTTPS_PROXY)",
        ),
        ({"https_proxy": "p.example:1"}, "through the proxy http://p.example:1 (https_proxy)"),
        ({"ALL_PROXY": "https://p.example"}, "through the proxy https://p.example (ALL_PROXY)"),
        (
            {"HTTPS_PROXY": f"http://me:{SECRET}@p.example:1"},
            "through the proxy http://p.example:1 (HTTPS_PROXY)",
        ),
        (
            {"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "other,coreweave.com"},
            "without a proxy (NO_PROXY exempts it from HTTPS_PROXY)",
        ),
        ({"HTTP_PROXY": "http://p.example:1"}, "without a proxy (HTTPS_PROXY is not set)"),
    ],
)
def test_the_way_names_the_variables_that_it_comes_from(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], way: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    found = route(from_environment({environment.TOKEN: "t"}))

    assert str(found) == (
        f"https://api.coreweave.com (the default, since COREWEAVE_API_ENDPOINT is not set) {way}"
    )
    assert SECRET not in repr(found)


def test_a_proxy_of_the_systems_settings_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": "http://p.example:1"})

    assert str(route(ApiAccess(HOST, "t"))).endswith("http://p.example:1 (the system's settings)")


def test_a_proxy_of_a_kind_that_is_not_known_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5://me:{SECRET}@127.0.0.1:1080")

    with pytest.raises(errors.SettingsError, match=r"ALL_PROXY names the proxy socks5://127") as e:
        Client(ApiAccess(HOST, "t"))

    assert SECRET not in str(e.value)


def test_a_dead_proxy_and_a_wrong_address_are_named_with_their_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        port = nobody.getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{SECRET}@127.0.0.1:{port}")
        access = ApiAccess(HOST, "t")
        exchange = HttpClient(access, server=CKS_API, clock=Clock())
        began = time.monotonic()

        with pytest.raises(errors.NoAnswerError) as caught:
            exchange.send("list the clusters", "GET", "/", seconds=60)
        exchange.close()

    assert time.monotonic() - began < 30
    assert (
        "check the network and the way to https://api.cks.example (COREWEAVE_API_ENDPOINT) through "
        f"the proxy http://127.0.0.1:{port} (HTTPS_PROXY), then run the command again"
    ) in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.processed is False


def test_a_connection_has_five_seconds_and_an_answer_has_the_time_limit() -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, json={"items": []})

    for limit in (30.0, 2.0):
        access = ApiAccess(HOST, "t", timeout_seconds=limit)
        Client(access, transport=httpx.MockTransport(answer)).list_clusters()

    assert [(s["connect"], s["read"]) for s in seen] == [(5.0, 30.0), (2.0, 2.0)]


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "https://127.0.0.1:1"])
def test_a_proxy_may_speak_tls_itself_and_is_judged_by_the_same_roots(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    options = route(ApiAccess(HOST, "t")).options

    assert options["trust_env"] is False
    assert bool(options["proxy"].ssl_context) == proxy.startswith("https")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://a.example/b", "https://a.example/b"),
        (f"https://me:{SECRET}@a.example:1/?{SECRET}#x", "https://a.example:1/"),
        (f"https://me:{SECRET}#?/@a.example", "https://a.example"),
        (f"me:{SECRET}@a.example", "a.example"),
    ],
)
def test_no_password_in_an_address_is_shown(url: str, text: str) -> None:
    assert shown(url) == text


def test_an_endpoint_with_a_password_alone_is_refused_and_not_shown() -> None:
    values = {environment.TOKEN: "t", environment.ENDPOINT: f"https://:{SECRET}@api.example"}

    with pytest.raises(errors.SettingsError, match="COREWEAVE_API_ENDPOINT must be") as caught:
        from_environment(values)

    assert SECRET not in str(caught.value)


def test_a_proxy_of_the_clusters_own_takes_the_place_of_the_environments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://other.example:1")
    monkeypatch.setenv("NO_PROXY", "*")
    access = ApiAccess(HOST, "t", origin="here", proxy_url="http://p.example:2")

    found = route(access)

    assert str(found) == f"{HOST} (here) through the proxy http://p.example:2 (proxyUrl)"
    assert found.proxy == "http://p.example:2"


def test_the_certificate_of_another_name_is_asked_for_and_believed_by_the_named_authority(
    tmp_path: Path,
) -> None:
    """Without both it is refused; in one TLS as well as inside another."""
    authority = Authority(tmp_path / "authority")
    ca = authority.certificate.read_text()
    context = authority.server_context("private", ["private.example"])
    answering = FakeKubernetes("t")
    with serve(answering, ssl_context=context) as url:
        for name, trusted, works in (
            ("private.example", ca, True),
            ("", ca, False),
            ("private.example", "", False),
        ):
            access = ApiAccess(url, "t", tls_server_name=name, certificate_authority=trusted)
            exchange = HttpClient(access, server=CKS_API, clock=Clock())
            if works:
                assert exchange.send("ask", "GET", "/version", seconds=5)
            else:
                with pytest.raises(errors.NoAnswerError, match="CERTIFICATE"):
                    exchange.send("ask", "GET", "/version", seconds=5)
            exchange.close()

    named = route(ApiAccess(HOST, "t", tls_server_name="private.example")).options["verify"]
    inner = named.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="api.cks.example")
    assert inner.server_hostname == "private.example"


def test_an_authority_that_is_none_is_one_clear_line() -> None:
    with pytest.raises(errors.SettingsError, match="is not PEM text"):
        Client(ApiAccess(HOST, "t", certificate_authority="-----BEGIN x"))
