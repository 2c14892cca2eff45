"""The rules of a block."""

from __future__ import annotations

import pytest

from cks_components.api.models import OidcConfig
from cks_components.identity import rules

GOOD = {"issuerUrl": "https://idp.example.com", "clientId": "cks"}


def oidc(**leaves: object) -> OidcConfig:
    return OidcConfig.model_validate(GOOD | leaves)


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"issuerUrl": ""}, "issuerUrl: is missing; the API accepts half"),
    ({"clientId": ""}, "clientId: is missing; the API accepts half"),
    ({"clientId": " cks"}, "clientId: has a space"),
    ({"issuerUrl": "http://idp.example.com"}, 'issuerUrl: "http://idp.example.com" is not https'),
    ({"issuerUrl": "http://me:pw@idp.example.com"}, 'issuerUrl: "http://…" is not https'),
    ({"issuerUrl": "https://"}, "issuerUrl: must have a host"),
    ({"issuerUrl": "https://a?b=c"}, "issuerUrl: must have a host"),
    ({"issuerUrl": "https://[a"}, 'issuerUrl: "https://[a" is not a URL'),
    ({"issuerUrl": "https://a/.well-known/openid-configuration"}, "issuerUrl: ends in"),
    ({"ca": "not pem"}, "ca: holds no certificate"),
    ({"ca": "aGVsbG8="}, "ca: holds no certificate"),
    ({"requiredClaim": "hd"}, 'requiredClaim: "hd" is not key=value'),
    ({"requiredClaim": "=x"}, 'requiredClaim: "=x" is not key=value'),
    ({"signingAlgorithms": ["ES256"]}, "signingAlgorithms: ES256 cannot be set"),
    ({"groupsPrefix": "system:"}, "groupsPrefix: makes names"),
]


@pytest.mark.parametrize(
    ("leaves", "beginning"), REFUSED, ids=[f"{i} {b}" for i, (_, b) in enumerate(REFUSED)]
)
def test_a_broken_rule_is_named(leaves: dict[str, object], beginning: str) -> None:
    found = rules.findings(oidc(**leaves))

    assert len(found) == 1
    assert found[0].startswith(beginning)


def test_a_good_block_has_no_findings() -> None:
    assert rules.findings(oidc(requiredClaim="hd=example.com", signingAlgorithms=["RS256"])) == []
    assert rules.findings(OidcConfig()) == []
