"""Tokens with unusual claims, shown to the real kube-apiserver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from lab.issuer import provider

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

OIDC = {
    "issuerUrl": provider.URL,
    "clientId": provider.CLIENT,
    "usernameClaim": "email",
    "groupsClaim": "groups",
}
ALICE = "alice@example.com"


@pytest.fixture(scope="module")
def trusting(lab: Lab) -> Iterator[Lab]:
    lab.configure(oidc=OIDC)
    lab.eventually(lambda: lab.who(lab.control.mint(ALICE)).status_code == 201)
    yield lab
    lab.configure(oidc=None)


@pytest.mark.parametrize(
    ("odd", "name"),
    [
        ({"claims": {"email": None}}, None),
        ({"without": ["email_verified"]}, ALICE),
        ({"header": {"alg": "RS256"}}, ALICE),
    ],
    ids=["a null email is an empty name", "no email_verified", "no kid"],
)
def test_an_odd_token_is_accepted(trusting: Lab, odd: dict[str, Any], name: str | None) -> None:
    answer = trusting.who(trusting.control.mint(ALICE, **odd))

    assert answer.status_code == 201, answer.text
    assert answer.json()["status"]["userInfo"].get("username") == name


@pytest.mark.parametrize(
    "odd",
    [
        {"claims": {"groups": 7}},
        {"without": ["email"]},
        {"header": {"alg": "ES256", "kid": "lab-1"}},
        {"claims": {"iss": 5}},
    ],
    ids=["groups of a wrong type", "no email", "another algorithm", "an issuer that is a number"],
)
def test_an_odd_token_is_refused(trusting: Lab, odd: dict[str, Any]) -> None:
    assert trusting.who(trusting.control.mint(ALICE, **odd)).status_code == 401
