"""What the rules of `cks_components.rules.certificate_authority` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    LEAF,
    ROOT,
    Case,
    block,
    certificate,
)

CASES: list[Case] = [
    (
        "OIDC-13.1",
        block(ca=ROOT),
        block(ca="not pem"),
        "ca",
        "contains no certificate; paste the PEM text of the authority that signed the issuer's TLS "
        "certificate",
    ),
    (
        "OIDC-13.2",
        block(ca=ROOT),
        block(ca=certificate("soon", days=29)),
        "ca",
        'the certificate "CN=soon" expires on 2026-06-30, and nobody can log in after that; add '
        "its successor next to it",
    ),
    (
        "OIDC-13.3",
        block(ca=ROOT),
        block(ca=LEAF),
        "ca",
        'the certificate "CN=leaf" is not a certificate authority\'s, so it works only until the '
        "issuer renews its own certificate; paste the authority's certificate",
    ),
    (
        "OIDC-13.4",
        block(),
        block(ca=ROOT),
        "ca",
        "replaces the system's root certificates for the issuer; remove it if a public authority "
        "signed the issuer's certificate",
    ),
]
