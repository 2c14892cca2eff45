"""ClusterAccess: the component with all access to one existing cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from cks_components import automation_access
from cks_components.api import models
from cks_components.cluster_access_arguments import (
    ClusterAccessArgs,
    Hook,
    Identity,
    authenticates,
    has_webhook,
    looked_up,
    names_by,
    refuse_unusable,
)
from cks_components.cluster_connection import ClusterConnection, ClusterConnectionArgs
from cks_components.cluster_oidc import ClusterOidc, ClusterOidcArgs, OidcConfig, leaves
from cks_components.cluster_webhooks import (
    ClusterAuthenticationWebhook,
    ClusterAuthenticationWebhookArgs,
    ClusterAuthorizationWebhook,
    ClusterAuthorizationWebhookArgs,
)
from cks_components.components import cluster_kubeconfigs
from cks_components.components.place import Place
from cks_components.custom_roles import CustomRoles
from cks_components.engine import aliases, argument_types, properties
from cks_components.engine.arguments import applied, is_plain, known_block, secret, with_gaps
from cks_components.identity.providers import service_account_issuer
from cks_components.role_bindings import Binding, RoleBindings, access

# The arguments are found here too, as they were before they had a module.
__all__ = ["ClusterAccess", "ClusterAccessArgs", "Hook", "Identity"]

TYPE_TOKEN = "cks:index:ClusterAccess"  # noqa: S105 - a type, not a secret


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
        refuse_unusable(args)
        if not args.is_judged:
            args = replace(args, endpoint=looked_up(args, label))
            place = replace(place, endpoint=args.endpoint)
        own = pulumi.ResourceOptions.merge(opts, aliases.leading(name, place.former))
        super().__init__(TYPE_TOKEN, name, None, own)
        oidc = names_by(args)
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
                    has_webhook=has_webhook(args),
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
            is_authentication = authenticates(hook.webhook)
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
