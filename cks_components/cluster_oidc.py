"""ClusterOidc: which identity provider an existing CKS cluster trusts, as a Pulumi resource.

It owns the cluster's `oidc` block and nothing else: it never creates, replaces or deletes a
cluster. Module path, class names, type token and property names lie in the state of every stack
and never change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
from pulumi import dynamic

from cks_components.api.models import Block, OidcConfig
from cks_components.engine.block_provider import BlockProvider
from cks_components.engine.registration import BlockArgs, inputs
from cks_components.identity import rules
from cks_components.identity.rules import Context, Finding, Level

TYPE_TOKEN = "pulumi-python:dynamic/cks:ClusterOidc"  # noqa: S105 - a type, not a secret
_NO_BLOCK = Finding(
    level=Level.ERROR,
    path=OidcConfig.leaves()["issuer_url"],
    text="is missing; write the issuer and the client id of your identity provider",
)


@dataclass(frozen=True, kw_only=True)
class ClusterOidcArgs(BlockArgs):
    """What a cluster shall trust. The ten leaves are described in `api.models.OidcConfig`.

    Attributes:
        ca: PEM text, or base64 of it.
    """

    issuer_url: pulumi.Input[str]
    client_id: pulumi.Input[str]
    username_claim: pulumi.Input[str] | None = None
    username_prefix: pulumi.Input[str] | None = None
    groups_claim: pulumi.Input[str] | None = None
    groups_prefix: pulumi.Input[str] | None = None
    ca: pulumi.Input[str] | None = None
    required_claim: pulumi.Input[str] | None = None
    signing_algorithms: pulumi.Input[list[str]] | None = None
    admin_group_binding: pulumi.Input[str] | None = None


class ClusterOidcProvider(BlockProvider):
    """Owns the `oidc` block."""

    kind = OidcConfig

    def findings(self, block: Block, cluster_id: str | None, context: Context) -> Sequence[Finding]:
        """Judge the block by `identity.rules`; an empty one is no block."""
        oidc = cast("OidcConfig", block)
        if oidc.is_unset:
            return [_NO_BLOCK]
        return rules.findings(oidc, context, cluster_ids=[cluster_id] if cluster_id else ())


class ClusterOidc(dynamic.Resource, module="cks", name="ClusterOidc"):
    """The `oidc` block of one existing cluster."""

    cluster_id: pulumi.Output[str]
    """The cluster's UUID."""
    issuer_url: pulumi.Output[str]
    """The issuer that the cluster trusts."""
    client_id: pulumi.Output[str]
    """The audience that a token must have."""
    previous: pulumi.Output[dict[str, Any]]
    """The block that was there before, which `on_delete: restore` brings back."""
    cluster_name: pulumi.Output[str]
    """The cluster's name as it was seen last."""
    cluster_endpoint: pulumi.Output[str]
    """Its `apiServerEndpoint` as it was seen last."""

    def __init__(
        self, name: str, args: ClusterOidcArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(ClusterOidcProvider(), name, inputs(TYPE_TOKEN, name, args, opts), opts)
