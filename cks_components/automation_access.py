"""AutomationAccess: a service account for a pipeline, its bindings and, if wished, a stored token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import Namespace, ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac import v1 as rbac

from cks_components import kubeconfig
from cks_components.api.errors import SettingsError
from cks_components.engine.naming import inside, joined
from cks_components.identity import names, rules
from cks_components.identity.rules import Pipeline
from cks_components.service_account_token import ServiceAccountToken, ServiceAccountTokenArgs

_GROUP = "rbac.authorization.k8s.io"
_OWNER = {"app.kubernetes.io/managed-by": "cks-access"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """The cluster of a pipeline: its name in outputs, its UUID and its `apiServerEndpoint`."""

    cluster: str
    cluster_id: str
    endpoint: str


class AutomationAccess(pulumi.ComponentResource):
    """One pipeline on one cluster, written through the Kubernetes provider of its options.

    It deliberately makes no role, and a namespace only when told, which is never deleted: other
    things may live in it. Without terms for a token it stores none.

    Raises:
        SettingsError: the pipeline breaks a rule that refuses in the context; nothing is declared.
    """

    kubeconfig: pulumi.Output[str] | None
    """For the pipeline, against the unmanaged endpoint; secret. None without a stored token."""
    access: dict[str, Any]
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
        found = [str(f) for f in rules.pipeline_findings(pipeline, context) if f.refuses]
        if found:
            raise SettingsError([f"{name}.{text}" for text in found])
        super().__init__("cks:index:AutomationAccess", name, None, opts)
        account = self._account(name, pipeline)
        self._bind(name, pipeline, account)
        self.kubeconfig = None
        self.access = _row(pipeline)
        if pipeline.token is not None:
            token = self._store(name, pipeline, pipeline.token, place, account, context)
            self.kubeconfig = token.token.apply(lambda text: _kubeconfig(pipeline, place, text))
            self.access = self.access | {"tokenExpiresAt": token.expires_at}
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
        role = pipeline.cluster_role  # a part of the name: it cannot be changed in a binding
        given: dict[str, Any] = {
            "role_ref": rbac.RoleRefArgs(api_group=_GROUP, kind="ClusterRole", name=role),
            "subjects": [
                rbac.SubjectArgs(
                    kind="ServiceAccount", name=pipeline.name, namespace=pipeline.namespace
                )
            ],
        }

        def options(namespace: str | None) -> pulumi.ResourceOptions:
            former = pulumi.Alias(name=former_binding(name, role, namespace))
            return pulumi.ResourceOptions(parent=self, depends_on=[account], aliases=[former])

        if pipeline.namespaces is None:
            metadata = ObjectMetaArgs(labels=_OWNER)
            rbac.ClusterRoleBinding(
                inside(name, role), metadata=metadata, opts=options(None), **given
            )
        for namespace in dict.fromkeys(pipeline.namespaces or ()):
            metadata = ObjectMetaArgs(labels=_OWNER, namespace=namespace)
            rbac.RoleBinding(
                inside(name, namespace, role), metadata=metadata, opts=options(namespace), **given
            )

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
            server=kubeconfig.managed_server(place.endpoint),
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
    """Declare the pipelines of one cluster, by their names, with those first that make a namespace.

    Raises:
        SettingsError: two get in each other's way, or one breaks a rule that refuses.
    """
    entries = [(f"automation[{index}]", pipeline) for index, pipeline in enumerate(pipelines)]
    found = [f"{path}: {text}" for path, text in rules.clashes(entries)]
    if found:
        raise SettingsError(found)
    made: dict[str, AutomationAccess] = {}
    makers: dict[str, pulumi.Resource] = {}
    for pipeline in sorted(pipelines, key=lambda p: not p.creates_namespace):
        home = {pipeline.namespace, *(pipeline.namespaces or ())}
        needed = [maker for namespace, maker in makers.items() if namespace in home]
        former = pulumi.Alias(name=former_name(place.cluster, pipeline.name))
        more = pulumi.ResourceOptions(depends_on=needed, aliases=[former])
        own = pulumi.ResourceOptions.merge(opts, more)
        name = joined(place.cluster, pipeline.name)
        made[pipeline.name] = AutomationAccess(name, pipeline, place, own, context=context)
        if pipeline.creates_namespace:
            makers[pipeline.namespace] = made[pipeline.name]
    return {pipeline.name: made[pipeline.name] for pipeline in pipelines}


def former_name(cluster: str, pipeline: str) -> str:
    """The name of a pipeline's component in the states of release 0.1.0; it never changes."""
    return f"{cluster}-{pipeline}"


def former_binding(name: str, role: str, namespace: str | None) -> str:
    """The name of a binding of the component `name` in the states of 0.1.0; it never changes."""
    base = f"{name}-{role.replace(':', '-')}"
    return base if namespace is None else f"{base}-{namespace}"


def work_namespace(pipeline: Pipeline) -> str:
    """Where a pipeline's commands go that name no namespace: the first that it may work in."""
    return pipeline.namespaces[0] if pipeline.namespaces else pipeline.namespace


def _kubeconfig(pipeline: Pipeline, place: Place, token: str) -> str:
    return kubeconfig.pipeline_kubeconfig(
        place.cluster,
        place.endpoint,
        account=pipeline.name,
        place=work_namespace(pipeline),
        token=token,
    )


def _row(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "kind": "ServiceAccount",
        "subject": names.service_account(pipeline.namespace, pipeline.name),
        "clusterRole": pipeline.cluster_role,
        "namespaces": list(dict.fromkeys(pipeline.namespaces)) if pipeline.namespaces else "*",
    }
