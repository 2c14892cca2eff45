"""Tokens of the cluster's own service accounts, which are judged before the block is looked at."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cks_components.api.models import OidcConfig
from cks_components.authentication import Verdict, judge
from cks_components.kubernetes.user import User
from tests.tokens import BLOCK, In, Token, claims

OWN = "https://oidc.cks.coreweave.com/id/11111111-2222-4333-8444-555555555555"
ACCOUNT = {"namespace": "ci", "serviceaccount": {"name": "deployer", "uid": "u"}}
USUAL = {"iss": OWN, "aud": [OWN], "kubernetes.io": ACCOUNT}


def judged(token: Token, block: dict[str, Any] = BLOCK) -> Verdict:
    config = OidcConfig.model_validate(block)
    return judge(token.signed(), config, now=time.time(), service_account_issuers=[OWN])


def verdict(block: dict[str, Any] = BLOCK, **changes: Any) -> Verdict:
    return judged(claims(**{**USUAL, **changes}), block)


@pytest.mark.parametrize("block", [BLOCK, {}], ids=["with a block", "without a block"])
def test_a_pipeline_is_its_service_account_whatever_the_block(block: dict[str, Any]) -> None:
    found = verdict(block)

    groups = ("system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated")
    assert found.user == User("system:serviceaccount:ci:deployer", groups)
    assert (found.signature, found.is_service_account) == ("unchecked", True)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"aud": "vault"}, "audience"),
        ({"exp": In(-90)}, "expired"),
        ({"nbf": In(90)}, "not-yet-valid"),
        ({"exp": True}, "claims"),
        ({"kubernetes.io": "x"}, "claims"),
    ],
)
def test_a_service_account_token_is_refused_by(changes: dict[str, Any], rule: str) -> None:
    assert verdict(**changes).rule == rule


@pytest.mark.parametrize(
    ("header", "text", "rule"),
    [
        ({"alg": "none"}, "{header}.{payload}.", "algorithm"),
        ({"alg": "none"}, "{token}", "algorithm"),
        ({"alg": "HS256"}, "{token}", "algorithm"),
        ({}, "{header}.{payload}.", "signature"),
        ({"crit": ["x"]}, "{token}", "signature"),
        ({"alg": 5}, "{token}", "malformed"),
    ],
)
def test_a_token_that_no_api_server_signed_is_refused(
    header: dict[str, Any], text: str, rule: str
) -> None:
    found = judged(Token(claims=USUAL, header=header, text=text))

    assert (found.user, found.rule, found.is_service_account) == (None, rule, False)


def test_its_clock_has_a_minute_of_leeway_at_both_ends() -> None:
    assert verdict(exp=In(-30), nbf=In(30)).rule is None


def test_an_issuer_of_another_type_is_no_service_account_s() -> None:
    assert verdict(iss=5).rule == "issuer"
