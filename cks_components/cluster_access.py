"""ClusterAccess: the component with all access to one existing cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pulumi
import pulumi_kubernetes as kubernetes

from cks_components import automation_access, custom_roles, rules
from cks_components.api import models
from cks_components.cluster_connection import ClusterConnection, ClusterConnectionArgs
from cks_components.cluster_oidc import ClusterOidc, ClusterOidcArgs, OidcConfig, leaves
from cks_components.cluster_webhooks import (
    AuthenticationWebhook,
    AuthorizationWebhook,
    ClusterAuthenticationWebhook,
    ClusterAuthenticationWebhookArgs,
    ClusterAuthorizationWebhook,
    ClusterAuthorizationWebhookArgs,
    Webhook,
)
from cks_components.components import cluster_kubeconfigs
from cks_components.components.pipeline import Pipeline
from cks_components.components.place import Place
from cks_components.custom_roles import CustomRole, CustomRoles
from cks_components.engine import aliases, argument_types, properties, rule_check
from cks_components.engine.arguments import (
    applied,
    is_output,
    is_plain,
    known_block,
    refuse_outputs,
    secret,
    with_gaps,
)
from cks_components.identity.providers import service_account_issuer
from cks_components.kubernetes import kubeconfig
from cks_components.lifecycle.policies import DEFAULT_TIMEOUT_SECONDS, OnDelete, OnDrift
from cks_components.role_bindings import (
    Binding,
    RoleBindings,
    access,
    refuse_broken,
    refuse_misused,
    refuse_unknown_places,
)

TYPE_TOKEN = "cks:index:ClusterAccess"  # noqa: S105 - a type, not a secret
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


class ClusterAccess(pulumi.ComponentResource):
    """One cluster's OIDC block, bindings, pipelines, webhooks and kubeconfigs.

    RBAC is written through the managed endpoint after the OIDC block is verified, and removed
    before the block. An authorization webhook is set after both and removed before both. The
    component never creates a cluster, and creates a role or a namespace only on request.

    An output is known in a preview if the arguments it is made of are known, and secret if one of
    them is secret.

    Raises:
        ArgumentError: an argument is an output but must be plain, breaks a rule that refuses in
            the context, or names something that does not exist; nothing is declared.
    """

    kubeconfig: pulumi.Output[str | None]
    """For people, with the unmanaged endpoint; secret if it holds a client secret, and None if
    people cannot log in."""
    admin_kubeconfig: pulumi.Output[str]
    """For operators, with the managed endpoint; holds no token."""
    facts: pulumi.Output[dict[str, str]]
    """The cluster's id, servers and service-account issuer."""
    access: pulumi.Output[list[dict[str, Any]]]
    """The RBAC subjects, each with its role and namespaces."""
    written: pulumi.Output[str]
    """Known when everything of this component is on the cluster; its value means nothing."""
    automation_kubeconfigs: pulumi.Output[dict[str, str]]
    """For pipelines with a stored token, by pipeline name; secret."""

    def __init__(
        self, name: str, args: ClusterAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        argument_types.require(argument_types.of_kind("args", args, ClusterAccessArgs))
        label = args.label or name
        place = Place(
            cluster=name,
            cluster_id=args.cluster_id,
            endpoint=args.endpoint,
            former=aliases.told(opts),
            label=label,
            naming=args.naming,
            addresses=args.addresses,
        )
        _refuse_unusable(args, place)
        if not args.is_judged:
            args = replace(args, endpoint=_looked_up(args, label))
            place = replace(place, endpoint=args.endpoint)
        own = pulumi.ResourceOptions.merge(opts, aliases.leading(name, place.former))
        super().__init__(TYPE_TOKEN, name, None, own)
        oidc = _names_by(args)
        self.admin_kubeconfig = applied(cluster_kubeconfigs.for_operators, place)
        self.kubeconfig = _for_people(place, args.identity)
        self.facts = applied(_facts, place)
        people = applied(_people, args.bindings, leaves(oidc))
        pipelines: dict[str, automation_access.AutomationAccess] = {}
        settled = self._trust(name, args)
        last: list[pulumi.CustomResource] = []
        if args.roles or args.bindings or args.automation:
            managed_only = pulumi.ResourceOptions(
                parent=self, providers=[self._managed(place)], depends_on=settled
            )
            made, pipelines = self._bind(place, args, oidc, managed_only)
            settled = [*made, *pipelines.values()]
            last.append(self._guard_removal(place, settled))
        self.access = with_gaps(_rows, people, *(p.access for p in pipelines.values()))
        kubeconfigs = {key: p.kubeconfig for key, p in pipelines.items() if p.kubeconfig}
        self.automation_kubeconfigs = applied(dict, kubeconfigs)
        last += self._set_webhooks(name, args, settled)
        self.written = pulumi.Output.all(*(one.id for one in last)).apply(lambda _: "")
        if isinstance(label, str) and label != name:
            # resource names hold only the cluster's id, so say which cluster this is
            pulumi.log.info(f'cluster "{label}"', self, ephemeral=True)
        self.register_outputs({})

    def _trust(self, name: str, args: ClusterAccessArgs) -> list[pulumi.Resource]:
        identity = args.identity
        if identity is None:
            return []
        oidc_args = ClusterOidcArgs(
            cluster_id=args.cluster_id,
            adopt=identity.adopt,
            on_drift=identity.on_drift,
            on_delete=identity.on_delete,
            update_timeout_seconds=identity.update_timeout_seconds,
            context=args.context,
            endpoint=args.endpoint,
            is_judged=args.is_judged,
            **leaves(identity.oidc),
        )
        return [ClusterOidc(oidc_name(name), oidc_args, pulumi.ResourceOptions(parent=self))]

    def _managed(self, place: Place) -> kubernetes.Provider:
        return kubernetes.Provider(
            f"{place.cluster}-managed",
            kubeconfig=applied(cluster_kubeconfigs.for_the_program, place),
            cluster_identifier=place.cluster_id,
            enable_server_side_apply=True,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _bind(
        self,
        place: Place,
        args: ClusterAccessArgs,
        oidc: OidcConfig | models.OidcConfig,
        opts: pulumi.ResourceOptions,
    ) -> tuple[list[pulumi.Resource], dict[str, automation_access.AutomationAccess]]:
        homes = automation_access.declare_namespaces(args.automation, place, opts)
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=homes))
        made: list[pulumi.Resource] = []
        if args.roles:
            roles = CustomRoles(
                f"{place.cluster}-roles", args.roles, opts, context=args.context, is_judged=True
            )
            made.append(roles)
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[roles]))
        if args.bindings:
            made.append(
                RoleBindings(
                    f"{place.cluster}-rbac",
                    args.bindings,
                    oidc,
                    opts,
                    context=args.context,
                    cluster_id=args.cluster_id,
                    has_webhook=_has_webhook(args),
                    is_judged=args.is_judged or is_plain([args.bindings, leaves(oidc)]),
                    roles=args.roles,
                    former=args.former,
                )
            )
        return made, automation_access.declare(
            args.automation,
            place,
            opts,
            context=args.context,
            is_judged=True,
            roles=args.roles,
        )

    def _guard_removal(self, place: Place, bound: list[pulumi.Resource]) -> ClusterConnection:
        """Check that the cluster accepts the token before anything on it is removed."""
        return ClusterConnection(
            f"{place.cluster}-connection",
            ClusterConnectionArgs(
                cluster_id=place.cluster_id,
                endpoint=place.endpoint,
                label=place.said,
                **place.managed,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=bound),
        )

    def _set_webhooks(
        self, name: str, args: ClusterAccessArgs, settled: list[pulumi.Resource]
    ) -> list[pulumi.CustomResource]:
        made: list[pulumi.CustomResource] = []
        for hook in args.webhooks:
            given: dict[str, Any] = {
                "cluster_id": args.cluster_id,
                "server": hook.webhook.server,
                "ca": hook.webhook.ca,
                "adopt": hook.adopt,
                "on_drift": hook.on_drift,
                "on_delete": hook.on_delete,
                "update_timeout_seconds": hook.update_timeout_seconds,
                "context": args.context,
                "endpoint": args.endpoint,
                "is_judged": args.is_judged,
            }
            is_authentication = _authenticates(hook.webhook)
            resource_name = webhook_name(
                name,
                models.AuthenticationWebhook if is_authentication else models.AuthorizationWebhook,
            )
            if is_authentication:
                hook_args = ClusterAuthenticationWebhookArgs(**given)
                child = pulumi.ResourceOptions(parent=self)
                made.append(ClusterAuthenticationWebhook(resource_name, hook_args, child))
            else:
                child = pulumi.ResourceOptions(parent=self, depends_on=settled)
                made.append(
                    ClusterAuthorizationWebhook(
                        resource_name, ClusterAuthorizationWebhookArgs(**given), child
                    )
                )
        return made


def webhook_name(name: str, kind: type[models.Webhook]) -> str:
    """The name in the state of the resource that owns a webhook's block."""
    asked = "authentication" if issubclass(kind, models.AuthenticationWebhook) else "authorization"
    return f"{name}-{asked}-webhook"


def oidc_name(name: str) -> str:
    """The name in the state of the resource that owns a cluster's OIDC block."""
    return f"{name}-oidc"


def _refuse_unusable(args: ClusterAccessArgs, place: Place) -> None:
    """Refuse bad arguments before the first resource is declared."""
    refuse_outputs(
        "determines which resources are declared",
        {
            name: part
            for name in ("identity", "roles", "bindings", "automation", "webhooks")
            if is_output(part := getattr(args, name))
        },
    )
    _refuse_misshapen(args)
    hooks = {f"webhooks[{i}]": hook.webhook for i, hook in enumerate(args.webhooks)}
    refuse_outputs(
        "determines which resource is declared",
        {f"{path}.webhook": webhook for path, webhook in hooks.items() if is_output(webhook)},
    )
    argument_types.require(
        *(argument_types.of_kind(f"{p}.webhook", w, *_WEBHOOKS) for p, w in hooks.items())
    )
    if args.identity is not None and is_output(args.identity.oidc):
        refuse_outputs(
            "has to be an OidcConfig, whose leaves may be outputs",
            {"identity.oidc": args.identity.oidc},
        )
    if args.identity is not None:
        oidc = args.identity.oidc
        argument_types.require(
            argument_types.of_kind("identity.oidc", oidc, OidcConfig, models.OidcConfig)
        )
    argument_types.refuse_odd_context(args.context)
    if args.addresses is not None:
        rule_check.require(
            rule_check.of_addresses("addresses", args.addresses, args.context),
            is_judged=args.is_judged,
        )
    roles = custom_roles.accepted(args.roles)
    custom_roles.refuse_broken(roles, args.context, is_judged=args.is_judged)
    refuse_unknown_places(args.bindings)
    pipelines = {f"automation[{i}]": pipeline for i, pipeline in enumerate(args.automation)}
    automation_access.refuse_unknown(pipelines)
    automation_access.refuse_misshapen(pipelines)
    automation_access.refuse_unknown_place(args.automation, place)
    oidc = _names_by(args)
    refuse_broken(
        args.bindings,
        leaves(oidc),
        args.context,
        has_webhook=_has_webhook(args),
        is_judged=args.is_judged,
        roles=roles,
    )
    _refuse_scopes(args)
    refuse_misused(roles, {path: p.settings for path, p in pipelines.items()})
    rule_check.require(
        rule_check.of_pipelines([p.settings for p in args.automation], args.context, roles=roles),
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


def _names_by(args: ClusterAccessArgs) -> OidcConfig | models.OidcConfig:
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
        argument_types.listed("automation", args.automation, "[Pipeline(...)]"),
        argument_types.listed("webhooks", args.webhooks, "[Hook(...)]"),
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


def _looked_up(args: ClusterAccessArgs, label: pulumi.Input[str]) -> pulumi.Input[str]:
    """The endpoint, after a check that the cluster has every named role and namespace."""
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


def _has_webhook(args: ClusterAccessArgs) -> bool:
    return any(_authenticates(hook.webhook) for hook in args.webhooks)


def _authenticates(webhook: Webhook | models.Webhook) -> bool:
    return isinstance(webhook, AuthenticationWebhook | models.AuthenticationWebhook)


def _for_people(place: Place, identity: Identity | None) -> pulumi.Output[str | None]:
    if identity is None:
        return pulumi.Output.from_input(None)
    block = leaves(identity.oidc)
    return applied(
        cluster_kubeconfigs.for_people,
        place,
        identity.people_log_in,
        {leaf: block[leaf] for leaf in ("issuer_url", "client_id", "ca")},
        secret(identity.client_secret),
        identity.scopes,
    )


def _facts(place: Place) -> dict[str, str]:
    cluster_id = str(place.cluster_id)
    return {
        "id": cluster_id,
        "managedServer": place.reached.managed.server,
        "unmanagedServer": place.reached.unmanaged.server,
        "serviceAccountIssuer": service_account_issuer(cluster_id),
    }


def _people(bindings: Sequence[Binding], block: Mapping[str, Any]) -> list[dict[str, Any]]:
    return access(bindings, known_block(models.OidcConfig, block))


def _rows(people: Any, *pipelines: Any) -> Any:
    """All rows; unknown while the rows of people are, which are known only all together."""
    return people if properties.is_unknown(people) else [*people, *pipelines]
