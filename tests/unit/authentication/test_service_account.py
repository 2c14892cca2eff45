"""Tokens of the cluster's own service accounts, which are judged before the block is looked at."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cks_components.api.models import OidcConfig
from cks_components.authentication import Verdict, judge
from cks_components.kubernetes.user import User
from tests.tokens import BLOCK, In, claims

OWN = "https://oidc.cks.coreweave.com/id/11111111-2222-4333-8444-555555555555"
ACCOUNT = {"namespace": "ci", "serviceaccount": {"name": "deployer", "uid": "u"}}


def verdict(block: dict[str, Any] = BLOCK, **changes: Any) -> Verdict:
    token = claims(**{"iss": OWN, "aud": [OWN], "kubernetes.io": ACCOUNT, **changes})
    config = OidcConfig.model_validate(block)
    return judge(token.signed(), config, now=time.time(), service_account_issuers=[OWN])


@pytest.mark.parametrize("block", [BLOCK, {}], ids=["with a block", "without a block"])
def test_a_pipeline_is_its_service_account_whatever_the_block(block: dict[str, Any]) -> None:
    found = verdict(block)

    groups = ("system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated")
    assert found.user == User("system:serviceaccount:ci:deployer", groups)
    assert found.signature == "unchecked"


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


def test_its_clock_has_a_minute_of_leeway_at_both_ends() -> None:
    assert verdict(exp=In(-30), nbf=In(30)).rule is None


def test_an_issuer_of_another_type_is_no_service_account_s() -> None:
    assert verdict(iss=5).rule == "issuer"
