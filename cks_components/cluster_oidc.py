"""ClusterOidc: the resource for the identity provider that an existing CKS cluster trusts.

It owns the cluster's `oidc` block and nothing else: it never creates, replaces or deletes a
cluster. The state of every stack holds the module path, the class names, the type token and the
property names, so they never change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
from pulumi import dynamic

from cks_components import rules
from cks_components.api import models
from cks_components.api.models import Block
from cks_components.engine import argument_types, prefix_check, properties
from cks_components.engine.arguments import is_plain, is_secret
from cks_components.engine.block_provider import BlockProvider
from cks_components.engine.block_resource import BlockArgs, BlockOutputs, inputs, options
from cks_components.rules import Context, Finding, Level

TYPE_TOKEN = "pulumi-python:dynamic/cks:ClusterOidc"  # noqa: S105 - a type, not a secret
_NO_BLOCK = Finding(
    level=Level.ERROR,
    path=models.OidcConfig.leaves()["issuer_url"],
    text="is missing; write the issuer and the client id of your identity provider",
)


@dataclass(frozen=True, kw_only=True)
class OidcConfig:
    """What a cluster should trust, as a program writes it: each leaf may be an output, or secret.

    The ten leaves are described in `api.models.OidcConfig`.

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
    signing_algorithms: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None
    admin_group_binding: pulumi.Input[str] | None = None


@dataclass(frozen=True, kw_only=True)
class ClusterOidcArgs(BlockArgs, OidcConfig):
    """What one cluster should trust, and the policies of its block."""


class ClusterOidcProvider(BlockProvider):
    """Owns the `oidc` block."""

    kind = models.OidcConfig

    def findings(self, block: Block, cluster_id: str | None, context: Context) -> Sequence[Finding]:
        """Check the block against `rules`; an empty block is refused."""
        oidc = cast("models.OidcConfig", block)
        if oidc.is_unset:
            return [_NO_BLOCK]
        return rules.block_findings(oidc, context, cluster_ids=[cluster_id] if cluster_id else ())


class ClusterOidc(dynamic.Resource, BlockOutputs, module="cks", name="ClusterOidc"):
    """The `oidc` block of one existing cluster."""

    issuer_url: pulumi.Output[str]
    """The issuer that the cluster trusts."""
    client_id: pulumi.Output[str]
    """The audience that a token must have."""
    username_claim: pulumi.Output[str | None]
    """The claim that names users; this and the following leaves are None if not set."""
    username_prefix: pulumi.Output[str | None]
    """The text in front of user names."""
    groups_claim: pulumi.Output[str | None]
    """The claim that lists a person's groups."""
    groups_prefix: pulumi.Output[str | None]
    """The text in front of group names."""
    ca: pulumi.Output[str | None]
    """Base64 of the PEM text of the issuer's CA."""
    required_claim: pulumi.Output[str | None]
    """The claim and value that a token must have."""
    signing_algorithms: pulumi.Output[Sequence[str] | None]
    """The accepted signature algorithms, as the API spells them."""
    admin_group_binding: pulumi.Output[str | None]
    """The group that CKS binds to cluster-admin."""

    def __init__(
        self, name: str, args: ClusterOidcArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        argument_types.require(argument_types.of_kind("args", args, ClusterOidcArgs))
        block = leaves(args)
        hides = False if is_plain(block) else is_secret(block)
        prefix_check.trusts(
            prefix_check.DeclaredPrefixes(
                resource=name, cluster_id=args.cluster_id, leaves=block, hides=hides
            )
        )
        given = inputs(
            TYPE_TOKEN, name, args, opts
        )  # waits for the engine, so other resources may run meanwhile
        given[properties.URN] = prefix_check.agreed(given[properties.URN])
        super().__init__(ClusterOidcProvider(), name, given, options(args, opts))
        self._unset = {leaf for leaf, value in block.items() if value is None}

    @property
    def trusted(self) -> OidcConfig:
        """The block as the cluster has it, for bindings that follow it.

        A preview cannot tell an unset leaf from an unknown one, so a leaf that the program does not
        set counts as unset.
        """
        return OidcConfig(
            **{
                leaf: output.apply(_none_if_unknown, run_with_unknowns=True)
                if leaf in self._unset
                else output
                for leaf, output in leaves(self).items()
            }
        )


def leaves(given: OidcConfig | models.OidcConfig | ClusterOidc) -> dict[str, Any]:
    """The ten leaves by their names, as they were given."""
    return {leaf: getattr(given, leaf) for leaf in models.OidcConfig.model_fields}


def _none_if_unknown(value: object) -> object:
    return None if properties.is_unknown(value) else value
