"""AutomationAccess: a service account for a pipeline, its bindings and, if wished, a stored token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import Namespace, ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac import v1 as rbac

from cks_components import kubeconfig
from cks_components.engine.arguments import ArgumentError, applied, refuse_outputs, with_gaps
from cks_components.identity import names, rules
from cks_components.identity.rules import Pipeline
from cks_components.kubeconfig_output import managed_server
from cks_components.service_account_token import ServiceAccountToken, ServiceAccountTokenArgs

_GROUP = "rbac.authorization.k8s.io"
_OWNER = {"app.kubernetes.io/managed-by": "cks-access"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """The cluster of a pipeline: its name in outputs, its UUID and its `apiServerEndpoint`.

    The name is part of resource names, so it is a plain value.
    """

    cluster: str
    cluster_id: pulumi.Input[str]
    endpoint: pulumi.Input[str]


class AutomationAccess(pulumi.ComponentResource):
    """One pipeline on one cluster, written through the Kubernetes provider of its options.

    It deliberately makes no role, and a namespace only when told, which is never deleted: other
    things may live in it. Without terms for a token it stores none.

    Raises:
        ArgumentError: the pipeline breaks a rule that refuses in the context, or is not known
            before the program runs; nothing is declared.
    """

    kubeconfig: pulumi.Output[str] | None
    """For the pipeline, against the unmanaged endpoint; secret. None without a stored token."""
    access: pulumi.Output[dict[str, Any]]
    """Its row of the output `access`; with a stored token it holds the token's end."""

    def __init__(
        self,
        name: str,
        pipeline: Pipeline,
        place: Place,
        opts: pulumi.ResourceOptions | None = None,
        *,
        context: rules.Context = rules.BARE,
    ) -> None:
        refuse_unknown({name: pipeline, "place.cluster": place.cluster, "context": context})
        refuse_broken({name: pipeline}, context)
        super().__init__("cks:index:AutomationAccess", name, None, opts)
        account = self._account(name, pipeline)
        self._bind(name, pipeline, account)
        self.kubeconfig = None
        self.access = pulumi.Output.from_input(_row(pipeline))
        if pipeline.token is not None:
            token = self._store(name, pipeline, pipeline.token, place, account, context)
            self.kubeconfig = applied(
                _kubeconfig, pipeline, place.cluster, place.endpoint, token.token
            )
            self.access = with_gaps(
                lambda end: _row(pipeline) | {"tokenExpiresAt": end}, token.expires_at
            )
        self.register_outputs({})

    def _account(self, name: str, pipeline: Pipeline) -> ServiceAccount:
        child = pulumi.ResourceOptions(parent=self)
        if pipeline.creates_namespace:
            namespace = Namespace(
                f"{name}-namespace",
                metadata=ObjectMetaArgs(name=pipeline.namespace, labels=_OWNER),
                # Whoever makes a namespace does not own what others put into it.
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            )
            child = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        return ServiceAccount(
            f"{name}-account",
            metadata=ObjectMetaArgs(
                name=pipeline.name, namespace=pipeline.namespace, labels=_OWNER
            ),
            automount_service_account_token=False,
            opts=child,
        )

    def _bind(self, name: str, pipeline: Pipeline, account: ServiceAccount) -> None:
        role = pipeline.cluster_role
        base = f"{name}-{role.replace(':', '-')}"  # a role cannot be changed in a binding
        given: dict[str, Any] = {
            "role_ref": rbac.RoleRefArgs(api_group=_GROUP, kind="ClusterRole", name=role),
            "subjects": [
                rbac.SubjectArgs(
                    kind="ServiceAccount", name=pipeline.name, namespace=pipeline.namespace
                )
            ],
            "opts": pulumi.ResourceOptions(parent=self, depends_on=[account]),
        }
        if pipeline.namespaces is None:
            rbac.ClusterRoleBinding(base, metadata=ObjectMetaArgs(labels=_OWNER), **given)
        for namespace in pipeline.namespaces or ():
            metadata = ObjectMetaArgs(labels=_OWNER, namespace=namespace)
            rbac.RoleBinding(f"{base}-{namespace}", metadata=metadata, **given)

    def _store(
        self,
        name: str,
        pipeline: Pipeline,
        terms: rules.TokenTerms,
        place: Place,
        account: ServiceAccount,
        context: rules.Context,
    ) -> ServiceAccountToken:
        args = ServiceAccountTokenArgs(
            server=managed_server(place.endpoint),
            cluster_id=place.cluster_id,
            namespace=pipeline.namespace,
            service_account=pipeline.name,
            lifetime_seconds=int(terms.lifetime.total_seconds()),
            renew_before_seconds=int(terms.renew_before.total_seconds()),
            context=context,
        )
        opts = pulumi.ResourceOptions(parent=self, depends_on=[account])
        return ServiceAccountToken(f"{name}-token", args, opts)


def declare(
    pipelines: Sequence[Pipeline],
    place: Place,
    opts: pulumi.ResourceOptions,
    *,
    context: rules.Context,
) -> dict[str, AutomationAccess]:
    """Declare the pipelines of one cluster, by their names, with those first that make a namespace."""
    made: dict[str, AutomationAccess] = {}
    makers: dict[str, pulumi.Resource] = {}
    for pipeline in sorted(pipelines, key=lambda p: not p.creates_namespace):
        home = {pipeline.namespace, *(pipeline.namespaces or ())}
        needed = [maker for namespace, maker in makers.items() if namespace in home]
        own = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=needed))
        name = f"{place.cluster}-{pipeline.name}"
        made[pipeline.name] = AutomationAccess(name, pipeline, place, own, context=context)
        if pipeline.creates_namespace:
            makers[pipeline.namespace] = made[pipeline.name]
    return {pipeline.name: made[pipeline.name] for pipeline in pipelines}


def refuse_unknown(given: Mapping[str, object]) -> None:
    """Refuse outputs in what a pipeline is.

    Raises:
        ArgumentError: with their paths.
    """
    refuse_outputs("is part of resource names, or is looked up before anything is written", given)


def refuse_broken(pipelines: Mapping[str, Pipeline], context: rules.Context) -> None:
    """Judge pipelines by the rules.

    Raises:
        ArgumentError: with everything that refuses, by the pipelines' paths.
    """
    found = [
        f"{path}.{finding}"
        for path, pipeline in pipelines.items()
        for finding in rules.pipeline_findings(pipeline, context)
        if finding.refuses
    ]
    if found:
        raise ArgumentError(found)


def work_namespace(pipeline: Pipeline) -> str:
    """Where a pipeline's commands go that name no namespace: the first that it may work in."""
    return pipeline.namespaces[0] if pipeline.namespaces else pipeline.namespace


def _kubeconfig(pipeline: Pipeline, cluster: str, endpoint: str, token: str) -> str:
    return kubeconfig.pipeline_kubeconfig(
        cluster,
        endpoint,
        account=pipeline.name,
        place=work_namespace(pipeline),
        token=token,
    )


def _row(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "kind": "ServiceAccount",
        "subject": names.service_account(pipeline.namespace, pipeline.name),
        "clusterRole": pipeline.cluster_role,
        "namespaces": list(pipeline.namespaces) if pipeline.namespaces else "*",
    }
