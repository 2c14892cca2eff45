"""What the rules of `cks_components.rules.issuer_reach` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    Case,
    block,
)

CASES: list[Case] = [
    (
        "OIDC-27.1",
        block(issuerUrl="https://id.example.com:8443/realms/eng"),
        block(issuerUrl="https://keycloak.corp.local/realms/eng"),
        "issuerUrl",
        '"keycloak.corp.local" is a name that public DNS does not have, so the control plane, which '
        "has to read the issuer's keys, cannot reach it and every log-in fails; give the issuer a "
        "public address, put a public broker in front of it, or waive OIDC-27 if the control plane "
        "can reach it",
    ),
]
