"""What the rules of `cks_components.rules.claim_types` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    Case,
    block,
)

CASES: list[Case] = [
    (
        "OIDC-09.5",
        block("keycloak", groupsClaim="groups"),
        block("keycloak", groupsClaim="realm_access"),
        "groupsClaim",
        '"realm_access" holds an object, but kube-apiserver reads groups from text or from a list '
        "of texts only and refuses every token that has this claim; let the provider map the "
        'groups to a top-level list, such as "groups"',
    ),
    (
        "OIDC-09.6",
        block(usernameClaim="employee_number", usernamePrefix="x:"),
        block(usernameClaim="https://acme.example/roles", usernamePrefix="x:"),
        "usernameClaim",
        '"https://acme.example/roles" probably holds a list, but kube-apiserver takes user names '
        "from text only, so nobody could log in; write a claim that holds text, such as "
        '"email" or "sub"; look at a token of the provider (kubectl oidc-login setup shows one), '
        "or waive OIDC-09 if the claim has the right type",
    ),
    (
        "OIDC-12.3",
        block(requiredClaim="hd=example.com"),
        block(requiredClaim="email_verified=true"),
        "requiredClaim",
        '"email_verified=true" compares text with a boolean, so nobody could log in. Remove it; '
        "unverified addresses are refused anyway",
    ),
    (
        "OIDC-12.4",
        block("keycloak", requiredClaim="department=ml"),
        block(requiredClaim="roles=prod"),
        "requiredClaim",
        '"roles=prod" compares text with what is probably a list, and then nobody could log in; '
        "look at a token of the provider (kubectl oidc-login setup shows one), and remove it, or "
        "waive OIDC-12 if the claim is text",
    ),
]
