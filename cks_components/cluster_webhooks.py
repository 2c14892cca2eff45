"""Webhooks of an existing CKS cluster, as Pulumi resources: who else is asked about tokens and rights.

Each owns one block of the cluster with the guarantees of the OIDC resource: adopt, guard, restore,
wait. Module path, class names, type tokens and property names lie in the state of every stack and
never change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
from pulumi import dynamic

from cks_components.api.models import AuthenticationWebhook, AuthorizationWebhook, Block, Webhook
from cks_components.engine.block_provider import BlockProvider
from cks_components.engine.registration import BlockArgs, inputs
from cks_components.identity import rules
from cks_components.identity.rules import Context, Finding

AUTHENTICATION_TYPE_TOKEN = "pulumi-python:dynamic/cks:ClusterAuthenticationWebhook"  # noqa: S105 - a type, not a secret
AUTHORIZATION_TYPE_TOKEN = "pulumi-python:dynamic/cks:ClusterAuthorizationWebhook"  # noqa: S105 - a type, not a secret


@dataclass(frozen=True, kw_only=True)
class ClusterWebhookArgs(BlockArgs):
    """Whom a cluster's API server shall ask.

    Attributes:
        server: the https URL of the webhook.
        ca: PEM text, or base64 of it, of the webhook's authority; None is the system's roots.
    """

    server: pulumi.Input[str]
    ca: pulumi.Input[str] | None = None


class ClusterAuthenticationWebhookArgs(ClusterWebhookArgs):
    """Who is asked about tokens that neither OIDC nor service accounts accepted."""


class ClusterAuthorizationWebhookArgs(ClusterWebhookArgs):
    """Who is asked about requests; one that denies can lock everybody out."""


class _WebhookProvider(BlockProvider):
    def findings(
        self, block: Block, _cluster_id: str | None, context: Context
    ) -> Sequence[Finding]:
        """Judge the block by `identity.rules`."""
        return rules.webhook_findings(cast("Webhook", block), context)


class ClusterAuthenticationWebhookProvider(_WebhookProvider):
    """Owns the `authnWebhook` block."""

    kind = AuthenticationWebhook


class ClusterAuthorizationWebhookProvider(_WebhookProvider):
    """Owns the `authzWebhook` block."""

    kind = AuthorizationWebhook


OWNERS: dict[type[Webhook], tuple[type[BlockProvider], str]] = {
    AuthenticationWebhook: (ClusterAuthenticationWebhookProvider, AUTHENTICATION_TYPE_TOKEN),
    AuthorizationWebhook: (ClusterAuthorizationWebhookProvider, AUTHORIZATION_TYPE_TOKEN),
}
"""For each kind of webhook the provider that owns it, and its type."""


class ClusterAuthenticationWebhook(
    dynamic.Resource, module="cks", name="ClusterAuthenticationWebhook"
):
    """The `authnWebhook` block of one existing cluster."""

    cluster_id: pulumi.Output[str]
    """The cluster's UUID."""
    server: pulumi.Output[str]
    """The URL that is asked."""
    previous: pulumi.Output[dict[str, Any]]
    """The block that was there before, which `on_delete: restore` brings back."""

    def __init__(
        self,
        name: str,
        args: ClusterAuthenticationWebhookArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        given = inputs(AUTHENTICATION_TYPE_TOKEN, name, args, opts)
        super().__init__(ClusterAuthenticationWebhookProvider(), name, given, opts)


class ClusterAuthorizationWebhook(
    dynamic.Resource, module="cks", name="ClusterAuthorizationWebhook"
):
    """The `authzWebhook` block of one existing cluster."""

    cluster_id: pulumi.Output[str]
    """The cluster's UUID."""
    server: pulumi.Output[str]
    """The URL that is asked."""
    previous: pulumi.Output[dict[str, Any]]
    """The block that was there before, which `on_delete: restore` brings back."""

    def __init__(
        self,
        name: str,
        args: ClusterAuthorizationWebhookArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        given = inputs(AUTHORIZATION_TYPE_TOKEN, name, args, opts)
        super().__init__(ClusterAuthorizationWebhookProvider(), name, given, opts)
