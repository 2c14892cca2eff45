"""The required claim of a block, read as kube-apiserver reads it."""

from __future__ import annotations

from cks_components.api.models import OidcConfig


def parts(claim: str) -> tuple[str, str] | None:
    """Key and value as kube-apiserver splits them; None if it would not start with the claim."""
    key, equals, value = claim.partition("=")
    return (key.strip(), value.strip()) if equals and key.strip() else None


def required_pair(oidc: OidcConfig) -> tuple[str, str]:
    """Key and value of the required claim as kube-apiserver splits them; both empty if unset."""
    return parts(oidc.required_claim or "") or ("", "")
