"""What the rules of `cks_components.rules.claims` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    ENTRA,
    Case,
    block,
)

CASES: list[Case] = [
    (
        "OIDC-07.1",
        block("okta", usernameClaim="preferred_username"),
        block("okta"),
        "usernameClaim",
        "Okta marks directory users as unverified, so kube-apiserver refuses them; mark them as "
        "verified, or use preferred_username",
    ),
    (
        "OIDC-09.1",
        block("auth0", groupsClaim="https://acme.example/groups"),
        block("google", groupsClaim="groups"),
        "groupsClaim",
        '"groups" is not in any token from Google; bind users, or use a broker (Dex, Keycloak) '
        "that adds groups",
    ),
    (
        "OIDC-09.2",
        block(groupsClaim="https://acme.example/groups"),
        block(groupsClaim="realm_access.roles"),
        "groupsClaim",
        '"realm_access.roles" is a path, but kube-apiserver reads only top-level claims; map it to '
        "a top-level claim",
    ),
    (
        "OIDC-09.3",
        block(issuerUrl="https://accounts.google.com", requiredClaim="hd=example.com"),
        block(issuerUrl="https://accounts.google.com", usernameClaim="upn"),
        "usernameClaim",
        '"upn" is not in any token from Google, so nobody could log in; write a claim that is in '
        "its tokens",
    ),
    (
        "OIDC-09.4",
        block("cognito", groupsClaim="cognito:groups"),
        block("cognito", groupsClaim="groups"),
        "groupsClaim",
        '"groups" is in a token from Amazon Cognito only if a Lambda trigger adds it; the groups '
        'of the user pool are in "cognito:groups"',
    ),
    (
        "OIDC-10.1",
        block(**ENTRA | {"groupsClaim": "roles"}),
        block(**ENTRA),
        "groupsClaim",
        "for a user in more than 200 groups Entra sends no list, so the login is refused; choose "
        '"groups assigned to the application" or app roles',
    ),
]
