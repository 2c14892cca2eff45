"""What the rules of `cks_components.rules.signing_algorithms` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    Case,
    block,
)

CASES: list[Case] = [
    (
        "OIDC-11.1",
        block(signingAlgorithms=["RS256"]),
        block(signingAlgorithms=["ES256"]),
        "signingAlgorithms",
        "ES256 cannot be set on CKS; let the provider sign with RS256",
    ),
]
