"""The kubeconfigs of one cluster, made of known values; `engine.arguments` resolves outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cks_components.api.models import OidcConfig
from cks_components.components.place import Place
from cks_components.engine import argument_types
from cks_components.engine.arguments import known_block
from cks_components.kubernetes import kubeconfig


def for_people(
    place: Place,
    is_for_people: bool,
    block: Mapping[str, Any],
    client_secret: str | None,
    scopes: Sequence[str],
) -> str | None:
    """The kubeconfig for people, with the unmanaged endpoint; None if people cannot log in.

    Args:
        place: the cluster.
        is_for_people: False for issuers of pipelines.
        block: the leaves of the OIDC block that a login needs.
        client_secret: None if the client has none.
        scopes: the scopes that a login requests in addition to `openid`.

    Raises:
        ArgumentError: a scope or leaf is not a text.
    """
    argument_types.require(argument_types.texts("identity.scopes", scopes, '["groups"]'))
    oidc = known_block(OidcConfig, block)
    if not is_for_people or not oidc.issuer_url or not oidc.client_id:
        return None
    login = kubeconfig.Login(
        issuer_url=oidc.issuer_url,
        client_id=oidc.client_id,
        client_secret=client_secret,
        extra_scopes=scopes,
        ca=oidc.ca,
    )
    entry = place.entry(kubeconfig.PEOPLE)
    return kubeconfig.build_kubeconfig(
        entry.name,
        context=entry.context,
        server=place.reached.unmanaged,
        user=entry.name,
        credential=kubeconfig.person_credential(login),
    )


def for_operators(place: Place) -> str:
    """The kubeconfig for operators, with the managed endpoint; it holds no token."""
    entry = place.entry(kubeconfig.OPERATORS)
    return kubeconfig.build_kubeconfig(
        entry.name,
        context=entry.context,
        server=place.reached.managed,
        user=entry.name,
        credential=kubeconfig.admin_credential(),
    )


def for_the_program(place: Place) -> str:
    """The kubeconfig for the Kubernetes provider; it is in the state, so its names never change."""
    return kubeconfig.provider_kubeconfig(place.reached.managed)
