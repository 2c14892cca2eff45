"""What the known identity providers want of a login: the scopes beside `openid`."""

from __future__ import annotations

from typing import Literal

Provider = Literal[
    "google", "okta", "entra", "keycloak", "auth0", "dex", "github", "gitlab", "generic"
]

_SCOPES: dict[Provider, tuple[str, ...]] = {
    "google": ("email",),  # refuses offline_access
    "okta": ("email", "groups", "offline_access"),
    "entra": ("email", "profile", "offline_access"),
    "keycloak": ("email", "offline_access"),
    "auth0": ("email", "profile", "offline_access"),
    "dex": ("email", "groups", "profile", "offline_access"),
    "github": (),
    "gitlab": (),
    "generic": ("email",),
}


def scopes(provider: Provider) -> tuple[str, ...]:
    """The scopes that carry the claims of this provider."""
    return _SCOPES[provider]
