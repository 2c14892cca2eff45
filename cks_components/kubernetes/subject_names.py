"""The names under which RBAC sees people and groups, made as kube-apiserver makes them.

Source: kube-apiserver's `--oidc-*` flags. Every module that needs such a name uses these functions.
"""

from __future__ import annotations

from cks_components.api.models import OidcConfig

DEFAULT_USERNAME_CLAIM = "sub"
EMAIL = "email"
NO_PREFIX = "-"
RBAC_GROUP = "rbac.authorization.k8s.io"
"""The API group of roles and bindings, and of the users and groups that are bound."""
KUBERNETES_OWN = "system:"
"""Prefix of the names that Kubernetes itself gives permissions to."""


def username_claim(oidc: OidcConfig) -> str:
    """The claim that names people, kube-apiserver's default filled in."""
    return oidc.username_claim or DEFAULT_USERNAME_CLAIM


def username_prefix(oidc: OidcConfig) -> str:
    """The text in front of user names: as set, `-` none, unset `<issuer>#` but none for `email`.

    A block that names no issuer adds nothing: what is bound are then the names that RBAC sees.
    """
    if oidc.username_prefix is not None:
        return "" if oidc.username_prefix == NO_PREFIX else oidc.username_prefix
    if username_claim(oidc) == EMAIL or oidc.issuer_url is None:
        return ""
    return f"{oidc.issuer_url}#"


def groups_prefix(oidc: OidcConfig) -> str:
    """The text in front of group names, as it is; `-` is not special."""
    return oidc.groups_prefix or ""


def user(oidc: OidcConfig, name: str) -> str:
    """The RBAC name of a person whose claim says `name`."""
    return username_prefix(oidc) + name


def service_account(namespace: str, name: str) -> str:
    """The RBAC name of a service account as a user."""
    return f"system:serviceaccount:{namespace}:{name}"


def group(oidc: OidcConfig, name: str) -> str:
    """The RBAC name of a group whose claim says `name`."""
    return groups_prefix(oidc) + name


def has_groups(oidc: OidcConfig) -> bool:
    """Whether a token can carry groups; of a block that is not known it is assumed."""
    return oidc.is_unset or oidc.groups_claim is not None


def admin_groups(oidc: OidcConfig) -> frozenset[str]:
    """The names that the group of `adminGroupBinding` may have.

    It is not documented whether CKS adds the prefix.
    """
    name = oidc.admin_group_binding
    return frozenset() if name is None else frozenset({name, group(oidc, name)})
