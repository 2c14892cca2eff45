"""The arguments of `ClusterAccess`, and what is wrong with them before anything is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pulumi

from cks_components import automation_access, custom_roles, rules
from cks_components.api import models
from cks_components.cluster_oidc import OidcConfig, leaves
from cks_components.cluster_webhooks import AuthenticationWebhook, AuthorizationWebhook, Webhook
from cks_components.components.pipeline import Pipeline
from cks_components.custom_roles import CustomRole
from cks_components.engine import argument_types, rule_check
from cks_components.engine.arguments import (
    is_output,
    is_plain,
    known_block,
    refuse_outputs,
    refuse_together,
)
from cks_components.kubernetes import kubeconfig
from cks_components.lifecycle.policies import DEFAULT_TIMEOUT_SECONDS, OnDelete, OnDrift
from cks_components.role_bindings import (
    Binding,
    refuse_broken,
    refuse_misused,
    refuse_unknown_places,
)
from cks_components.stack_file.pipeline import PipelineSettings

_WEBHOOKS = (
    AuthenticationWebhook,
    AuthorizationWebhook,
    models.AuthenticationWebhook,
    models.AuthorizationWebhook,
)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The identity provider of a stack: the OIDC block, how people log in, and the policies.

    Every argument may be an output, or secret. The policies are those of `ClusterOidcArgs`.

    Attributes:
        oidc: the block; its leaves may be outputs.
        client_secret: only for kubeconfigs; secret by itself, plain text included.
        scopes: the scopes that a login requests in addition to `openid`; OIDC-26 judges them if
            they and the block are plain.
        people_log_in: False for issuers of pipelines, where people cannot log in.
    """

    oidc: OidcConfig | models.OidcConfig
    client_secret: pulumi.Input[str] | None = field(default=None, repr=False)
    scopes: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    people_log_in: pulumi.Input[bool] = True
    adopt: pulumi.Input[bool] = False
    on_drift: pulumi.Input[OnDrift] = "refuse"
    on_delete: pulumi.Input[OnDelete] = "restore"
    update_timeout_seconds: pulumi.Input[float] = DEFAULT_TIMEOUT_SECONDS


@dataclass(frozen=True, kw_only=True)
class Hook:
    """A webhook and the policies of its block, which are those of `BlockArgs`.

    Every argument may be an output, and so may the leaves of the webhook.

    Attributes:
        webhook: an `AuthenticationWebhook` or an `AuthorizationWebhook`.
    """

    webhook: Webhook | models.Webhook
    adopt: pulumi.Input[bool] = False
    on_drift: pulumi.Input[OnDrift] = "refuse"
    on_delete: pulumi.Input[OnDelete] = "restore"
    update_timeout_seconds: pulumi.Input[float] = DEFAULT_TIMEOUT_SECONDS


@dataclass(frozen=True, kw_only=True)
class ClusterAccessArgs:
    """The arguments of `ClusterAccess`.

    The cluster's id, endpoint and label may be outputs, and so may the values in `identity` and
    `webhooks`. Everything that determines which resources are declared must be plain: whether
    there is an identity, the lists themselves, roles and namespaces, pipelines, and the context.

    Attributes:
        cluster_id: the cluster's UUID.
        endpoint: its `apiServerEndpoint`; if it is a plain value, a preview knows everything that
            follows from it.
        identity: None leaves the cluster's OIDC block untouched.
        bindings: the entries; without entries here and in `automation`, neither the Kubernetes
            plugin nor a reachable cluster is needed.
        automation: the pipelines.
        roles: the roles that are created on the cluster, which bindings and pipelines can name.
        webhooks: at most one of each kind; the block of a missing kind is left untouched.
        context: how strict the rules are.
        label: the cluster's name in kubeconfigs; None is the component's name.
        standing: if there is no identity, the cluster's present block, which gives bound names
            their prefixes; None is a cluster without a block.
        addresses: the addresses of the cluster; None is the cluster's own names.
        naming: the names of the entries in kubeconfigs; None names them by project and stack.
        is_judged: True if the caller has already reported the rules' warnings, and has looked up
            on the cluster whether the named roles and namespaces exist.
        former: a block whose names of people and groups stay bound beside those of `identity`.
    """

    cluster_id: pulumi.Input[str]
    endpoint: pulumi.Input[str]
    identity: Identity | None = None
    bindings: Sequence[Binding] = ()
    automation: Sequence[Pipeline] = ()
    webhooks: Sequence[Hook] = ()
    context: rules.Context = rules.BARE
    label: pulumi.Input[str] | None = None
    standing: OidcConfig | models.OidcConfig | None = None
    addresses: kubeconfig.Addresses | None = None
    naming: kubeconfig.Naming | None = None
    is_judged: bool = False
    roles: Sequence[CustomRole] = ()
    former: models.OidcConfig | None = None


def refuse_unusable(args: ClusterAccessArgs) -> None:
    """Refuse bad arguments before the first resource is declared.

    What is of the wrong type is said at once; if nothing is, all that breaks a rule is.

    Raises:
        ArgumentError: as `ClusterAccess` raises it.
    """
    refuse_outputs(
        "determines which resources are declared",
        {
            name: part
            for name in ("identity", "roles", "bindings", "automation", "webhooks")
            if is_output(part := getattr(args, name))
        },
    )
    argument_types.require(
        argument_types.listed("automation", args.automation, "[Pipeline(...)]"),
        argument_types.listed("webhooks", args.webhooks, "[Hook(...)]"),
    )
    pipelines = {f"automation[{i}]": pipeline for i, pipeline in enumerate(args.automation)}
    refuse_together(
        lambda: _refuse_misshapen(args),
        lambda: argument_types.refuse_odd_context(args.context),
        lambda: custom_roles.accepted(args.roles),
        lambda: refuse_unknown_places(args.bindings),
        lambda: _refuse_pipelines(args, pipelines),
    )
    _refuse_broken(args, {path: pipeline.settings for path, pipeline in pipelines.items()})


def _refuse_pipelines(args: ClusterAccessArgs, pipelines: Mapping[str, Pipeline]) -> None:
    automation_access.refuse_unknown(pipelines)
    automation_access.refuse_misshapen(pipelines)
    automation_access.refuse_unknown_place(args.automation, args.cluster_id, args.endpoint)


def _refuse_broken(args: ClusterAccessArgs, pipelines: Mapping[str, PipelineSettings]) -> None:
    """Refuse what breaks a rule, in arguments of the right types."""
    roles = custom_roles.accepted(args.roles)
    refuse_together(
        lambda: _refuse_addresses(args),
        lambda: custom_roles.refuse_broken(roles, args.context, is_judged=args.is_judged),
        lambda: refuse_broken(
            args.bindings,
            leaves(names_by(args)),
            args.context,
            has_webhook=has_webhook(args),
            is_judged=args.is_judged,
            roles=roles,
        ),
        lambda: _refuse_scopes(args),
        lambda: refuse_misused(roles, pipelines),
        lambda: rule_check.require(
            rule_check.of_pipelines(list(pipelines.values()), args.context, roles=roles),
            is_judged=args.is_judged,
        ),
    )


def _refuse_addresses(args: ClusterAccessArgs) -> None:
    if args.addresses is not None:
        rule_check.require(
            rule_check.of_addresses("addresses", args.addresses, args.context),
            is_judged=args.is_judged,
        )


def _refuse_scopes(args: ClusterAccessArgs) -> None:
    """Refuse scopes that the provider refuses, unless they or the block hold outputs."""
    identity = args.identity
    if identity is not None and is_plain([leaves(identity.oidc), identity.scopes]):
        oidc = known_block(models.OidcConfig, leaves(identity.oidc))
        scopes = cast("Sequence[str]", identity.scopes)
        rule_check.require(
            rule_check.of_scopes("identity.scopes", scopes, oidc, args.context),
            is_judged=args.is_judged,
        )


def names_by(args: ClusterAccessArgs) -> OidcConfig | models.OidcConfig:
    """The block that gives bound names their prefixes."""
    if args.identity is not None:
        return args.identity.oidc
    return args.standing or models.OidcConfig()


def _refuse_misshapen(args: ClusterAccessArgs) -> None:
    """Refuse arguments, and entries of lists, that have the wrong type."""
    argument_types.require(
        argument_types.text("cluster_id", args.cluster_id),
        argument_types.text("endpoint", args.endpoint),
        argument_types.text("label", args.label) if args.label else (),
    )
    argument_types.require(
        *(argument_types.of_kind(f"webhooks[{i}]", h, Hook) for i, h in enumerate(args.webhooks))
    )
    for name, kind in (
        ("identity", Identity),
        ("addresses", kubeconfig.Addresses),
        ("naming", kubeconfig.Naming),
    ):
        value = getattr(args, name)
        argument_types.require(
            argument_types.of_kind(name, value, kind) if value is not None else ()
        )
    if args.identity is not None:
        argument_types.require(
            argument_types.texts("identity.scopes", args.identity.scopes, '["groups"]'),
            argument_types.optional_text("identity.client_secret", args.identity.client_secret),
            argument_types.flag("identity.people_log_in", args.identity.people_log_in),
        )
    hooks = {f"webhooks[{index}]": hook for index, hook in enumerate(args.webhooks)}
    argument_types.require(
        *(
            argument_types.policies(f"{path}.", owner)
            for path, owner in ({"identity": args.identity} | hooks).items()
            if owner is not None
        )
    )
    refuse_outputs("is connected to before anything is written", {"addresses": args.addresses})
    _refuse_odd_blocks(args)


def _refuse_odd_blocks(args: ClusterAccessArgs) -> None:
    """Refuse webhooks and an OIDC block that are outputs or have the wrong type."""
    hooks = {f"webhooks[{i}].webhook": hook.webhook for i, hook in enumerate(args.webhooks)}
    refuse_outputs(
        "determines which resource is declared",
        {path: webhook for path, webhook in hooks.items() if is_output(webhook)},
    )
    argument_types.require(
        *(argument_types.of_kind(path, webhook, *_WEBHOOKS) for path, webhook in hooks.items())
    )
    if args.identity is not None:
        oidc = args.identity.oidc
        if is_output(oidc):
            refuse_outputs(
                "has to be an OidcConfig, whose leaves may be outputs", {"identity.oidc": oidc}
            )
        argument_types.require(
            argument_types.of_kind("identity.oidc", oidc, OidcConfig, models.OidcConfig)
        )


def looked_up(args: ClusterAccessArgs, label: pulumi.Input[str]) -> pulumi.Input[str]:
    """The endpoint, after a check that the cluster has every named role and namespace.

    Raises:
        ArgumentError: as `rule_check.looked_up` raises it.
    """
    wanted = rule_check.needs(
        [binding.settings for binding in args.bindings],
        [pipeline.settings for pipeline in args.automation],
    )
    return rule_check.looked_up(
        args.endpoint,
        label,
        wanted,
        args.context,
        addresses=args.addresses,
        roles=custom_roles.accepted(args.roles),
    )


def has_webhook(args: ClusterAccessArgs) -> bool:
    """Whether a webhook reviews the tokens that no other authenticator accepted."""
    return any(authenticates(hook.webhook) for hook in args.webhooks)


def authenticates(webhook: Webhook | models.Webhook) -> bool:
    """Whether a webhook is one for authentication; else it is one for authorization."""
    return isinstance(webhook, AuthenticationWebhook | models.AuthenticationWebhook)
