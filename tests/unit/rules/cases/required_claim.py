"""What the rules of `cks_components.rules.required_claim` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    Case,
    block,
)

CASES: list[Case] = [
    (
        "OIDC-12.1",
        block(requiredClaim="q=a=b"),
        block(requiredClaim="=x"),
        "requiredClaim",
        '"=x" is not key=value; write one such pair',
    ),
    (
        "OIDC-12.2",
        block(issuerUrl="https://accounts.google.com", requiredClaim=" hd = example.com "),
        block(issuerUrl="https://accounts.google.com"),
        "requiredClaim",
        'every Google account can log in, including private ones; write "hd=<your domain>"',
    ),
]
