"""ClusterAccess: everything that gives people access to one existing cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from cks_components import automation_access, kubeconfig
from cks_components.api.address import Address
from cks_components.api.models import AuthenticationWebhook, OidcConfig, Webhook
from cks_components.api.waiting import DEFAULT_TIMEOUT_SECONDS
from cks_components.cluster_connection import ClusterConnection, ClusterConnectionArgs
from cks_components.cluster_oidc import ClusterOidc, ClusterOidcArgs
from cks_components.cluster_webhooks import (
    ClusterAuthenticationWebhook,
    ClusterAuthenticationWebhookArgs,
    ClusterAuthorizationWebhook,
    ClusterAuthorizationWebhookArgs,
)
from cks_components.engine import judgement
from cks_components.identity import rules
from cks_components.identity.issuers import service_account_issuer
from cks_components.lifecycle import OnDelete, OnDrift
from cks_components.pipeline_namespaces import Place
from cks_components.role_bindings import Binding, RoleBindings, access

TYPE_TOKEN = "cks:index:ClusterAccess"  # noqa: S105 - a type, not a secret


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The identity provider of a stack: the block, how people log in, and how careful to be.

    The policies are those of `ClusterOidcArgs`.

    Attributes:
        people_log_in: False for issuers of pipelines, which no kubeconfig can log in to.
    """

    oidc: OidcConfig
    client_secret: str | None = field(default=None, repr=False)
    scopes: Sequence[str] = ()
    people_log_in: bool = True
    adopt: bool = False
    on_drift: OnDrift = "refuse"
    on_delete: OnDelete = "restore"
    update_timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS


@dataclass(frozen=True, kw_only=True)
class Hook:
    """A webhook, and how careful to be with its block; the policies are those of `BlockArgs`."""

    webhook: Webhook
    adopt: bool = False
    on_drift: OnDrift = "refuse"
    on_delete: OnDelete = "restore"
    update_timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS


@dataclass(frozen=True, kw_only=True)
class ClusterAccessArgs:
    """What one cluster gets.

    Attributes:
        cluster_id: the cluster's UUID.
        endpoint: its `apiServerEndpoint`; known at preview, so that nothing downstream is not.
        identity: None leaves the cluster's OIDC block untouched.
        bindings: none needs neither the Kubernetes plugin nor a reachable cluster.
        automation: pipelines; likewise.
        webhooks: at most one of each kind; none leaves the cluster's blocks untouched.
        context: how strictly the rules judge the blocks and the bindings.
        label: the cluster's name in kubeconfigs; the component's name where None.
        addresses: where the cluster is reached instead of by its own names; None for those.
        is_judged: for a caller that has said already what the rules say without refusing, and has
            looked up on the cluster whether the named roles and namespaces are there.
        naming: how the entries of the kubeconfigs are called; None is by project and stack.
    """

    cluster_id: str
    endpoint: str
    identity: Identity | None = None
    bindings: Sequence[Binding] = ()
    automation: Sequence[rules.Pipeline] = ()
    webhooks: Sequence[Hook] = ()
    context: rules.Context = rules.BARE
    label: str | None = None
    addresses: kubeconfig.Addresses | None = None
    is_judged: bool = False
    naming: kubeconfig.Naming | None = None


class ClusterAccess(pulumi.ComponentResource):
    """One cluster's OIDC block, its bindings, its pipelines, its webhooks and its kubeconfigs.

    RBAC is written through the managed endpoint after the OIDC block is verified, and removed
    before the block is; an authorization webhook comes after both and goes before them. It
    deliberately creates no cluster and no role, and a namespace only when told.
    """

    kubeconfig: str | None
    """For people, against the unmanaged endpoint; None if nobody can log in."""
    admin_kubeconfig: str
    """For operators, against the managed endpoint; holds no token."""
    facts: dict[str, str]
    """The cluster's id, servers and service-account issuer."""
    access: list[dict[str, Any]]
    """Who becomes which RBAC subject with which role where."""
    automation_kubeconfigs: dict[str, pulumi.Output[str]]
    """For pipelines with a stored token, by their names; secret."""

    def __init__(
        self, name: str, args: ClusterAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        label = args.label or name
        place = Place(
            cluster=name,
            cluster_id=args.cluster_id,
            endpoint=args.endpoint,
            former=_former_names(opts),
            label=label,
            naming=args.naming,
            addresses=args.addresses,
        )
        oidc = args.identity.oidc if args.identity else OidcConfig()
        if not args.is_judged:
            args = replace(args, endpoint=_judged(label, args, oidc))
        super().__init__(TYPE_TOKEN, name, None, opts)
        operators = place.entry(kubeconfig.OPERATORS)
        self.admin_kubeconfig = kubeconfig.build_kubeconfig(
            operators.name,
            context=operators.context,
            server=place.reached.managed,
            user=operators.name,
            credential=kubeconfig.admin_credential(),
        )
        self.kubeconfig = _for_people(
            place.entry(kubeconfig.PEOPLE), place.reached.unmanaged, args.identity
        )
        self.facts = {
            "id": args.cluster_id,
            "managedServer": place.reached.managed.server,
            "unmanagedServer": place.reached.unmanaged.server,
            "serviceAccountIssuer": service_account_issuer(args.cluster_id),
        }
        self.access = access(args.bindings, oidc)
        self.automation_kubeconfigs = {}
        settled = self._trust(name, args)
        if args.bindings or args.automation:
            managed_only = pulumi.ResourceOptions(
                parent=self, providers=[self._managed(place, args)], depends_on=settled
            )
            settled = self._bind(place, args, oidc, managed_only)
            self._guard_removal(place, args, settled)
        self._ask(name, args, settled)
        if label != name:  # the rows of this cluster are named by what never changes: say whose
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
            **{leaf: getattr(identity.oidc, leaf) for leaf in OidcConfig.model_fields},
        )
        return [ClusterOidc(oidc_name(name), oidc_args, pulumi.ResourceOptions(parent=self))]

    def _managed(self, place: Place, args: ClusterAccessArgs) -> kubernetes.Provider:
        return kubernetes.Provider(
            f"{place.cluster}-managed",
            kubeconfig=kubeconfig.provider_kubeconfig(place.reached.managed),
            cluster_identifier=args.cluster_id,
            enable_server_side_apply=True,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _bind(
        self, place: Place, args: ClusterAccessArgs, oidc: OidcConfig, opts: pulumi.ResourceOptions
    ) -> list[pulumi.Resource]:
        homes = automation_access.declare_namespaces(args.automation, place, opts)
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=homes))
        made: list[pulumi.Resource] = []
        if args.bindings:
            made.append(
                RoleBindings(
                    f"{place.cluster}-rbac",
                    args.bindings,
                    oidc,
                    opts,
                    context=args.context,
                    has_webhook=_has_webhook(args),
                    is_judged=True,
                )
            )
        pipelines = automation_access.declare(
            args.automation, place, opts, context=args.context, is_judged=True
        )
        for key, pipeline in pipelines.items():
            self.access.append(pipeline.access)
            if pipeline.kubeconfig is not None:
                self.automation_kubeconfigs[key] = pipeline.kubeconfig
        return [*made, *pipelines.values()]

    def _guard_removal(
        self, place: Place, args: ClusterAccessArgs, bound: list[pulumi.Resource]
    ) -> None:
        """Let a removal begin with a look whether the cluster takes the token at all."""
        ClusterConnection(
            f"{place.cluster}-connection",
            ClusterConnectionArgs(
                cluster_id=args.cluster_id,
                endpoint=args.endpoint,
                **asdict(place.reached.managed),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=bound),
        )

    def _ask(self, name: str, args: ClusterAccessArgs, settled: list[pulumi.Resource]) -> None:
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
            }
            resource_name = webhook_name(name, type(hook.webhook))
            if isinstance(hook.webhook, AuthenticationWebhook):
                ClusterAuthenticationWebhook(
                    resource_name,
                    ClusterAuthenticationWebhookArgs(**given),
                    pulumi.ResourceOptions(parent=self),
                )
            else:
                ClusterAuthorizationWebhook(
                    resource_name,
                    ClusterAuthorizationWebhookArgs(**given),
                    pulumi.ResourceOptions(parent=self, depends_on=settled),
                )


def _judged(label: str, args: ClusterAccessArgs, oidc: OidcConfig) -> str:
    """The endpoint, once nothing refuses: before the first resource is declared, all of it."""
    context = args.context
    found = judgement.of_bindings(args.bindings, oidc, context, has_webhook=_has_webhook(args))
    judgement.require([*found, *judgement.of_pipelines(args.automation, context)])
    wanted = judgement.needs(args.bindings, args.automation)
    return judgement.looked_up(args.endpoint, label, wanted, context, addresses=args.addresses)


def _has_webhook(args: ClusterAccessArgs) -> bool:
    return any(isinstance(hook.webhook, AuthenticationWebhook) for hook in args.webhooks)


def _former_names(opts: pulumi.ResourceOptions | None) -> list[str]:
    """What the component is told that it was called."""
    told = (opts.aliases if opts else None) or ()
    return [a.name for a in told if isinstance(a, pulumi.Alias) and isinstance(a.name, str)]


def webhook_name(name: str, kind: type[Webhook]) -> str:
    """The name of the resource that owns a webhook's block, as it lies in the state."""
    asked = "authentication" if issubclass(kind, AuthenticationWebhook) else "authorization"
    return f"{name}-{asked}-webhook"


def oidc_name(name: str) -> str:
    """The name of the resource that owns a cluster's OIDC block, as it lies in the state."""
    return f"{name}-oidc"


def _for_people(entry: kubeconfig.Entry, server: Address, identity: Identity | None) -> str | None:
    oidc = identity.oidc if identity is not None and identity.people_log_in else OidcConfig()
    if identity is None or not oidc.issuer_url or not oidc.client_id:
        return None
    login = kubeconfig.Login(
        issuer_url=oidc.issuer_url,
        client_id=oidc.client_id,
        client_secret=identity.client_secret,
        extra_scopes=identity.scopes,
        ca=oidc.ca,
    )
    return kubeconfig.build_kubeconfig(
        entry.name,
        context=entry.context,
        server=server,
        user=entry.name,
        credential=kubeconfig.person_credential(login),
    )
