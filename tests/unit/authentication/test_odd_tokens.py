"""Tokens that no issuer makes."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cks_components.api.models import OidcConfig
from cks_components.authentication import Verdict, judge
from tests.odd_tokens import ACCEPTED, REFUSED
from tests.tokens import ABSENT, BLOCK, CLIENT, ISSUER, In, Token, claims, part


def verdict(token: Token | str, **leaves: Any) -> Verdict:
    text = token if isinstance(token, str) else token.signed()
    return judge(text, OidcConfig.model_validate({**BLOCK, **leaves}), now=time.time())


@pytest.mark.parametrize("token", ACCEPTED.values(), ids=list(ACCEPTED))
def test_an_odd_token_is_accepted_where_kube_apiserver_accepts_it(token: Token) -> None:
    assert verdict(token).rule is None


@pytest.mark.parametrize(("token", "rule"), REFUSED.values(), ids=list(REFUSED))
def test_an_odd_token_is_refused_by_the_check_that_refuses_it_there(
    token: Token, rule: str
) -> None:
    assert verdict(token).rule == rule


@pytest.mark.parametrize(
    "token",
    [
        Token(payload='{{{claims},"x":' + "[" * 700 + "]" * 700 + "}}"),
        Token(text=part(b'{"alg":"RS256","x":' + b"[" * 700 + b"]" * 700 + b"}") + ".{payload}.AA"),
    ],
    ids=["payload", "header"],
)
def test_what_only_kube_apiserver_can_read_is_not_called_damaged(token: Token) -> None:
    found = verdict(token)

    assert found.rule == "malformed"
    assert "is nested too deeply to be read here" in found.reason
    assert "--live" in found.reason
    assert "damaged" not in found.reason


def test_wrong_bytes_and_lone_surrogates_become_the_replacement_character() -> None:
    payload = b'{"iss":"%s","aud":"%s","exp":99999999999,"email":"a\xff\xe2\x82\\ud800b"}' % (
        ISSUER.encode(),
        CLIENT.encode(),
    )
    head = part(b'{"alg":"RS256"}')

    user = verdict(f"{head}.{part(payload)}.AA").user

    assert user is not None
    assert user.name == "a" + "\ufffd" * 4 + "b"


def test_no_reason_holds_a_token_or_its_signature() -> None:
    text = claims(aud="other").signed()

    reason = verdict(text).reason

    assert "other" in reason
    assert not any(piece in reason for piece in text.split("."))


def test_a_reason_keeps_long_and_invisible_values_in_check() -> None:
    reason = verdict(claims(aud="\n" + "x" * 1000)).reason

    assert '"\\nxxx' in reason
    assert "\n" not in reason
    assert len(reason) < 500


def test_a_time_that_no_calendar_has_is_named_as_it_is() -> None:
    assert "second -9223372036854775807" in verdict(claims(exp=-9223372036854775807)).reason


def test_a_token_is_early_by_more_than_a_minute_only() -> None:
    assert verdict(claims(nbf=In(50))).user is not None
    assert verdict(claims(nbf=In(70))).rule == "not-yet-valid"


def test_a_beginning_in_milliseconds_is_said() -> None:
    found = verdict(claims(nbf=1_700_000_000_000))

    assert found.rule == "not-yet-valid"
    assert "not valid before second 1700000000000, which is in milliseconds and has" in found.reason


@pytest.mark.parametrize(
    ("issuer", "told"),
    [
        (f"{ISSUER}/", "slash at the end"),
        ("https://IDP.example.com", "differ in capitals"),
        ("https://other.example.com", "log in at that issuer"),
        (ABSENT, 'has no "iss"'),
        (5, "is a number"),
    ],
)
def test_another_issuer_is_told_by_what_is_different(issuer: Any, told: str) -> None:
    assert told in verdict(claims(iss=issuer)).reason


def test_a_service_account_token_of_another_cluster_is_called_one() -> None:
    found = verdict(claims(iss="https://oidc.example.com/id/x", **{"kubernetes.io": {}}))

    assert found.rule == "issuer"
    assert "service-account token" in found.reason
