"""Converts the settings of a stack file into the arguments of components."""

from __future__ import annotations

from typing import Any

from cks_components.cluster_access_arguments import Hook, Identity
from cks_components.components.pipeline import Pipeline, TokenTerms
from cks_components.custom_roles import CustomRole, RoleRule
from cks_components.identity import login_scopes, providers
from cks_components.role_bindings import Binding
from cks_components.stack_file.role import GrantSettings
from cks_components.stack_file.settings import StackSettings


def identity(settings: StackSettings) -> Identity | None:
    """The identity provider; None if the stack leaves the clusters' OIDC blocks alone."""
    given = settings.identity
    if given is None:
        return None
    return Identity(
        oidc=given.oidc,
        client_secret=given.client_secret,
        scopes=login_scopes.requested(given.provider, given.oidc, given.extra_scopes),
        people_log_in=providers.preset(given.provider, given.oidc).people_log_in,
        adopt=given.adopt,
        on_drift=given.on_drift,
        on_delete=given.on_delete,
        update_timeout_seconds=settings.update_timeout,
    )


def roles(settings: StackSettings, cluster: int) -> list[CustomRole]:
    """The roles of the cluster at this index."""
    return [
        CustomRole(**dict(role) | {"rules": [RoleRule(**dict(rule)) for rule in role.rules]})
        for _, role in settings.roles_on(cluster)
    ]


def bindings(settings: StackSettings, cluster: int) -> list[Binding]:
    """The bindings of the cluster at this index; arguments and keys have the same names."""
    return [Binding(**_lasting(binding)) for _, binding in settings.bindings_on(cluster)]


def automation(settings: StackSettings, cluster: int) -> list[Pipeline]:
    """The pipelines of the cluster at this index."""
    return [
        Pipeline(
            **_lasting(pipeline) | {"token": pipeline.token and TokenTerms(**dict(pipeline.token))}
        )
        for _, pipeline in settings.pipelines_on(cluster)
    ]


def webhooks(settings: StackSettings, cluster: int) -> list[Hook]:
    """The webhooks of the cluster at this index."""
    return [
        Hook(
            webhook=kind(server=given.server, ca=given.ca),
            adopt=given.adopt,
            on_drift=given.on_drift,
            on_delete=given.on_delete,
            update_timeout_seconds=settings.update_timeout,
        )
        for kind, (_, given) in settings.webhooks_on(cluster).items()
    ]


def _lasting(grant: GrantSettings) -> dict[str, Any]:
    """What is in the state of a grant: its end is not, so that time alone changes nothing there."""
    return {key: value for key, value in grant if key not in ("until", "reason")}
