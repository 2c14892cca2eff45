"""What the rules of `cks_components.rules.requested_scopes` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    Case,
    login,
)

CASES: list[Case] = [
    (
        "OIDC-26.1",
        login("google", "https://accounts.google.com", "https://www.googleapis.com/auth/drive"),
        login("google", "https://accounts.google.com", "offline_access"),
        "extraScopes[0]",
        '"offline_access" makes Google refuse every log-in; remove it, because Google has no such '
        "scope",
    ),
    (
        "OIDC-26.2",
        login("okta", "https://acme.okta.com/oauth2/default", "offline_access"),
        login("okta", "https://acme.okta.com/oauth2/default", "email", "groups"),
        "extraScopes[1]",
        '"groups" is not among the scopes that Okta (custom server) always has, and a '
        "log-in that asks for a missing scope is refused; remove it, or waive OIDC-26 if somebody "
        "added the scope",
    ),
    (
        "OIDC-26.3",
        login("okta", "https://acme.okta.com/oauth2/default", "groups", groupsClaim="groups"),
        login("okta", "https://acme.okta.com/oauth2/default", groupsClaim="groups"),
        "groupsClaim",
        'log-ins do not ask for a scope "groups", because a custom authorization server of Okta has '
        "none unless somebody added it; include the claim in any scope there, or add the scope and "
        "write extraScopes: [groups]",
    ),
]
