"""The names under which RBAC sees people and groups, made as kube-apiserver makes them.

Source: kube-apiserver's `--oidc-*` flags. One function for everybody who needs such a name.
"""

from __future__ import annotations

from cks_components.api.models import OidcConfig

DEFAULT_USERNAME_CLAIM = "sub"
EMAIL = "email"
NO_PREFIX = "-"


def username_prefix(oidc: OidcConfig) -> str:
    """The text in front of user names: as set, `-` none, unset `<issuer>#` but none for `email`."""
    if oidc.username_prefix is not None:
        return "" if oidc.username_prefix == NO_PREFIX else oidc.username_prefix
    if (oidc.username_claim or DEFAULT_USERNAME_CLAIM) == EMAIL:
        return ""
    return f"{oidc.issuer_url}#"


def user(oidc: OidcConfig, name: str) -> str:
    """The RBAC name of a person whose claim says `name`."""
    return username_prefix(oidc) + name


def group(oidc: OidcConfig, name: str) -> str:
    """The RBAC name of a group; the prefix is put in front as it is, `-` included."""
    return (oidc.groups_prefix or "") + name
