"""Reading what an issuer publishes: what is asked, what comes of each answer, and never a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import httpx
import pytest

from cks_components.identity import discovery
from cks_components.identity.discovery_document import Published

ISSUER = "https://idp.example.com/realms/a"
DOCUMENT: dict[str, Any] = {
    "issuer": ISSUER,
    "jwks_uri": "https://keys.example.com/jwks",
    "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    "code_challenge_methods_supported": ["S256"],
}
KEYS: dict[str, list[object]] = {
    "keys": [{"kty": "RSA"}, {"kty": "EC"}, {"kty": "RSA", "use": "enc"}, "junk"]
}
GOOD = Published(
    issuer=ISSUER,
    jwks_uri="https://keys.example.com/jwks",
    algorithms=("RS256", "ES256"),
    pkce_methods=("S256",),
    keys=tuple(KEYS["keys"]),
)


class Site:
    """Answers with the documents it is given; anything else is 404."""

    def __init__(self, **documents: Any) -> None:
        self.documents = documents
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        key = "keys" if request.url.host == "keys.example.com" else "document"
        answer = self.documents.get(key, httpx.Response(404))
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


def fetched(answer: Callable[[httpx.Request], httpx.Response], issuer: str = ISSUER) -> Published:
    return discovery.fetch(issuer, transport=httpx.MockTransport(answer))


def test_a_good_issuer_is_read_in_two_requests() -> None:
    site = Site(document=DOCUMENT, keys=KEYS)

    assert fetched(site) == GOOD
    assert GOOD.rsa_keys == 2
    assert site.asked == [f"{ISSUER}/.well-known/openid-configuration", GOOD.jwks_uri]


def test_the_slash_of_an_issuer_is_not_doubled() -> None:
    site = Site(document=DOCUMENT)

    fetched(site, f"{ISSUER}/")

    assert site.asked[0] == f"{ISSUER}/.well-known/openid-configuration"


def test_a_redirect_is_followed_as_the_control_plane_does() -> None:
    site = Site(document=DOCUMENT, keys=KEYS)

    def moved(request: httpx.Request) -> httpx.Response:
        if request.url.host == "idp.example.com":
            return httpx.Response(302, headers={"Location": "https://new.example.com/discovery"})
        return site(request)

    assert fetched(moved) == GOOD


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (httpx.ConnectError("no route to host"), "ConnectError: no route to host"),
        (httpx.Response(503), f"{ISSUER}/.well-known/openid-configuration answered 503"),
        (
            httpx.Response(200, text="<html>"),
            f"{ISSUER}/.well-known/openid-configuration did not answer with a JSON object",
        ),
        (
            httpx.Response(200, json=["RS256"]),
            f"{ISSUER}/.well-known/openid-configuration did not answer with a JSON object",
        ),
    ],
    ids=["no connection", "an error", "no JSON", "no object"],
)
def test_a_document_that_cannot_be_read_is_a_fact(answer: Any, problem: str) -> None:
    assert fetched(Site(document=answer)) == Published(problem=problem)


def test_keys_that_cannot_be_read_are_another() -> None:
    published = fetched(Site(document=DOCUMENT))

    assert published.keys_problem == "https://keys.example.com/jwks answered 404"
    assert published.issuer == ISSUER


def test_keys_are_not_asked_for_without_tls() -> None:
    site = Site(document=DOCUMENT | {"jwks_uri": "http://keys.example.com/jwks"})

    assert fetched(site).rsa_keys == 0
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    "document",
    [{}, {"issuer": 7, "jwks_uri": None, "id_token_signing_alg_values_supported": "RS256"}],
    ids=["empty", "other types"],
)
def test_what_is_absent_or_of_another_type_is_nothing(document: dict[str, Any]) -> None:
    assert fetched(Site(document=document)) == Published()


def test_keys_of_another_shape_are_none() -> None:
    assert fetched(Site(document=DOCUMENT, keys={"keys": "none"})).rsa_keys == 0


def test_a_proxy_of_an_unknown_kind_is_a_fact_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://127.0.0.1")

    assert "gopher" in discovery.fetch(ISSUER).problem


@pytest.fixture
def silence() -> Iterator[Event]:
    """Lasts until the test is over."""
    over = Event()
    yield over
    over.set()


def test_an_issuer_that_says_nothing_is_waited_for_no_longer_than_the_deadline(
    silence: Event,
) -> None:
    def silent(_request: httpx.Request) -> httpx.Response:
        silence.wait(30)
        return httpx.Response(200, json=DOCUMENT)

    published = discovery.fetch(
        ISSUER, deadline_seconds=0.01, transport=httpx.MockTransport(silent)
    )

    assert published == Published(problem="no answer within 0.01 seconds")
