"""Webhooks of an existing CKS cluster, as Pulumi resources: who else is asked about tokens and rights.

Each owns one block of the cluster with the guarantees of the OIDC resource: adopt, guard, restore,
wait. Module path, class names, type tokens and property names lie in the state of every stack and
never change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import pulumi
from pulumi import dynamic

from cks_components import rules
from cks_components.api import models
from cks_components.api.models import Block
from cks_components.engine import argument_types
from cks_components.engine.block_provider import BlockProvider
from cks_components.engine.block_resource import BlockArgs, BlockOutputs, inputs, options
from cks_components.rules import Context, Finding

AUTHENTICATION_TYPE_TOKEN = "pulumi-python:dynamic/cks:ClusterAuthenticationWebhook"  # noqa: S105 - a type, not a secret
AUTHORIZATION_TYPE_TOKEN = "pulumi-python:dynamic/cks:ClusterAuthorizationWebhook"  # noqa: S105 - a type, not a secret


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Whom a cluster's API server shall ask, as a program writes it: each leaf may be an output.

    Attributes:
        server: the https URL of the webhook.
        ca: PEM text, or base64 of it, of the webhook's authority; None is the system's roots.
    """

    server: pulumi.Input[str]
    ca: pulumi.Input[str] | None = None


class AuthenticationWebhook(Webhook):
    """Who is asked about tokens that neither OIDC nor service accounts accepted."""


class AuthorizationWebhook(Webhook):
    """Who is asked about requests; one that denies can lock everybody out."""


@dataclass(frozen=True, kw_only=True)
class ClusterWebhookArgs(BlockArgs, Webhook):
    """Whom one cluster's API server shall ask, and how careful to be with its block."""


class ClusterAuthenticationWebhookArgs(ClusterWebhookArgs):
    """Who is asked about tokens that neither OIDC nor service accounts accepted."""


class ClusterAuthorizationWebhookArgs(ClusterWebhookArgs):
    """Who is asked about requests; one that denies can lock everybody out."""


class _WebhookProvider(BlockProvider):
    def findings(
        self, block: Block, _cluster_id: str | None, context: Context
    ) -> Sequence[Finding]:
        """Judge the block by `rules`."""
        return rules.webhook_findings(cast("models.Webhook", block), context)


class ClusterAuthenticationWebhookProvider(_WebhookProvider):
    """Owns the `authnWebhook` block."""

    kind = models.AuthenticationWebhook


class ClusterAuthorizationWebhookProvider(_WebhookProvider):
    """Owns the `authzWebhook` block."""

    kind = models.AuthorizationWebhook


OWNERS: dict[type[models.Webhook], tuple[type[BlockProvider], str]] = {
    models.AuthenticationWebhook: (ClusterAuthenticationWebhookProvider, AUTHENTICATION_TYPE_TOKEN),
    models.AuthorizationWebhook: (ClusterAuthorizationWebhookProvider, AUTHORIZATION_TYPE_TOKEN),
}
"""For each kind of webhook the provider that owns it, and its type."""


class ClusterAuthenticationWebhook(
    dynamic.Resource, BlockOutputs, module="cks", name="ClusterAuthenticationWebhook"
):
    """The `authnWebhook` block of one existing cluster."""

    server: pulumi.Output[str]
    """The URL that is asked."""
    ca: pulumi.Output[str | None]
    """Base64 of the PEM text of its authority; None where it is not set."""

    def __init__(
        self,
        name: str,
        args: ClusterAuthenticationWebhookArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        argument_types.require(
            argument_types.of_kind("args", args, ClusterAuthenticationWebhookArgs)
        )
        given = inputs(AUTHENTICATION_TYPE_TOKEN, name, args, opts)
        super().__init__(ClusterAuthenticationWebhookProvider(), name, given, options(args, opts))


class ClusterAuthorizationWebhook(
    dynamic.Resource, BlockOutputs, module="cks", name="ClusterAuthorizationWebhook"
):
    """The `authzWebhook` block of one existing cluster."""

    server: pulumi.Output[str]
    """The URL that is asked."""
    ca: pulumi.Output[str | None]
    """Base64 of the PEM text of its authority; None where it is not set."""

    def __init__(
        self,
        name: str,
        args: ClusterAuthorizationWebhookArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        argument_types.require(
            argument_types.of_kind("args", args, ClusterAuthorizationWebhookArgs)
        )
        given = inputs(AUTHORIZATION_TYPE_TOKEN, name, args, opts)
        super().__init__(ClusterAuthorizationWebhookProvider(), name, given, options(args, opts))
