"""What kube-apiserver's flags make of a block, and the blocks with which it does not start."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cks_components.api.models import OidcConfig
from cks_components.authentication import judge
from cks_components.authentication.oidc_settings import UnusableBlockError, settings
from tests.tokens import BLOCK, ISSUER, claims

CLUSTER = "https://oidc.cks.coreweave.com/id/11111111-2222-4333-8444-555555555555"


def with_leaves(**leaves: Any) -> OidcConfig:
    return OidcConfig.model_validate({**BLOCK, **leaves})


UNUSABLE: dict[str, dict[str, Any]] = {
    "issuerUrl is missing": {"issuerUrl": ""},
    "clientId is missing": {"clientId": None},
    "does not begin with https": {"issuerUrl": "http://idp.example.com"},
    "does not begin with https:": {"issuerUrl": f" {ISSUER}"},
    "a user, a query or a fragment": {"issuerUrl": "https://u@idp.example.com"},
    "a query": {"issuerUrl": f"{ISSUER}?x"},
    "a fragment": {"issuerUrl": f"{ISSUER}#x"},
    "control character": {"issuerUrl": f"{ISSUER}\x01"},
    "is not a URL": {"issuerUrl": "https://idp example.com"},
    "is not a URL;": {"issuerUrl": f"{ISSUER}/%zz"},
    'is not a URL; copy "issuer"': {"issuerUrl": "https://[1.2.3.4]"},
    "is the cluster's own": {"issuerUrl": CLUSTER},
    "ca holds no certificate": {"ca": "eA=="},
    "is not key=value": {"requiredClaim": "hd"},
    "is not key=value; write": {"requiredClaim": " =x"},
    'names "HS256"': {"signingAlgorithms": ["HS256"]},
}


@pytest.mark.parametrize(("told", "leaves"), UNUSABLE.items(), ids=list(UNUSABLE))
def test_a_block_with_which_kube_apiserver_does_not_start_says_why(
    told: str, leaves: dict[str, Any]
) -> None:
    with pytest.raises(UnusableBlockError) as error:
        settings(with_leaves(**leaves), [CLUSTER])

    assert told in str(error.value)


@pytest.mark.parametrize(
    "issuer",
    [
        "HTTPS://idp.example.com",
        f"{ISSUER}?",
        f"{ISSUER}#",
        f"{ISSUER}/ ",
        "https://[::1]:5/x",
        "https://é.example:443",
        "https://%c3%a9.example",
        "https://:5",
    ],
)
def test_a_block_may_have_an_odd_issuer(issuer: str) -> None:
    found = settings(with_leaves(issuerUrl=issuer))

    assert found is not None
    assert (found.issuer, found.has_discovery) == (issuer, True)


@pytest.mark.parametrize(
    "issuer", ["https:x", "https:///x", f"{ISSUER}/.well-known/openid-configuration"]
)
def test_an_issuer_that_cannot_have_a_discovery_document_never_works(issuer: str) -> None:
    token = claims(iss=issuer).signed()

    assert judge(token, with_leaves(issuerUrl=issuer), now=time.time()).rule == "not-initialized"


def test_a_block_of_an_admin_group_alone_switches_oidc_off() -> None:
    assert settings(OidcConfig.model_validate({"adminGroupBinding": "admins"})) is None


def test_a_certificate_is_read(certificate: str) -> None:
    assert settings(with_leaves(ca=certificate)) is not None


def test_white_space_around_a_required_claim_is_trimmed_as_go_does() -> None:
    found = settings(with_leaves(requiredClaim="\u00a0hd\u2003=\x1fx "))

    assert found is not None
    assert found.required_claim == ("hd", "\x1fx")


def test_an_unusable_block_refuses_every_jwt_and_says_so() -> None:
    found = judge(claims().signed(), with_leaves(requiredClaim="hd"), now=time.time())

    assert found.rule == "configuration"
    assert found.reason.startswith("kube-apiserver does not start with this block: requiredClaim")
