"""The resources for the authentication and authorization webhooks of an existing CKS cluster.

Each owns one block of the cluster with the guarantees of the OIDC resource: adopt, guard, restore,
wait. The state of every stack holds the module path, the class names, the type tokens and the
property names, so they never change.
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
    """The webhook that a cluster's API server should call; each leaf may be an output.

    Attributes:
        server: the https URL of the webhook.
        ca: PEM text, or base64 of it, of the webhook's CA; None is the system's roots.
    """

    server: pulumi.Input[str]
    ca: pulumi.Input[str] | None = None


class AuthenticationWebhook(Webhook):
    """The webhook for tokens that neither OIDC nor service accounts accepted (TokenReview)."""


class AuthorizationWebhook(Webhook):
    """The webhook for requests (SubjectAccessReview); one that denies can lock everybody out."""


@dataclass(frozen=True, kw_only=True)
class ClusterWebhookArgs(BlockArgs, Webhook):
    """The webhook that one cluster's API server should call, and the policies of its block."""


class ClusterAuthenticationWebhookArgs(ClusterWebhookArgs):
    """The webhook for tokens that neither OIDC nor service accounts accepted (TokenReview)."""


class ClusterAuthorizationWebhookArgs(ClusterWebhookArgs):
    """The webhook for requests (SubjectAccessReview); one that denies can lock everybody out."""


class _WebhookProvider(BlockProvider):
    def findings(
        self, block: Block, _cluster_id: str | None, context: Context
    ) -> Sequence[Finding]:
        """Check the block against `rules`."""
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
"""The provider and the type token for each kind of webhook."""


class ClusterAuthenticationWebhook(
    dynamic.Resource, BlockOutputs, module="cks", name="ClusterAuthenticationWebhook"
):
    """The `authnWebhook` block of one existing cluster."""

    server: pulumi.Output[str]
    """The URL of the webhook."""
    ca: pulumi.Output[str | None]
    """Base64 of the PEM text of its CA; None if not set."""

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
    """The URL of the webhook."""
    ca: pulumi.Output[str | None]
    """Base64 of the PEM text of its CA; None if not set."""

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
