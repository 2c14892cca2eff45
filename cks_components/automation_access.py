"""AutomationAccess: a pipeline's service account, its bindings and, optionally, a stored token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pulumi
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac import v1 as rbac

from cks_components import custom_roles, rules
from cks_components.components import pipeline_namespaces
from cks_components.components.kubernetes_object import KubernetesObject
from cks_components.components.pipeline import Pipeline, TokenTerms
from cks_components.components.place import Place
from cks_components.custom_roles import CustomRole
from cks_components.engine import argument_types, rule_check
from cks_components.engine.arguments import ArgumentError, applied, refuse_outputs, with_gaps
from cks_components.engine.resource_names import inside, joined
from cks_components.kubernetes import kubeconfig, subject_names
from cks_components.kubernetes.labels import MANAGED_BY
from cks_components.role_bindings import (
    misnamed_role,
    name_parts,
    named_role,
    refuse_misused,
    warn_of_any_cluster,
)
from cks_components.service_account_token import ServiceAccountToken, ServiceAccountTokenArgs
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.scalar_types import wrong_name
from cks_components.stack_file.settings import Located


class AutomationAccess(pulumi.ComponentResource):
    """One pipeline on one cluster, written through the Kubernetes provider of its options.

    It never creates a role, and creates a namespace only on request. The namespace is kept when
    the pipeline is removed, unless its delete was requested and it is empty. A token is stored
    only if the pipeline has terms for one.

    Args:
        name: of the component.
        pipeline: the service account and what it may do.
        place: the cluster.
        opts: must name a Kubernetes provider for the cluster's managed endpoint.
        context: how strict the rules are.
        is_judged: True if the caller has already reported the rules' warnings.
        is_looked_up: True if the caller has already looked up the role and the namespaces.
        roles: those that the same program creates, before the pipeline, as `CustomRoles`.

    Raises:
        ArgumentError: the pipeline breaks a rule that refuses in the context, holds an output, or
            names something that does not exist; nothing is declared.
    """

    kubeconfig: pulumi.Output[str] | None
    """For the pipeline, with the unmanaged endpoint; secret. None without a stored token."""
    access: pulumi.Output[dict[str, Any]]
    """Its row of the output `access`; with a stored token it also says when the token expires."""

    def __init__(
        self,
        name: str,
        pipeline: Pipeline,
        place: Place,
        opts: pulumi.ResourceOptions | None = None,
        *,
        context: rules.Context = rules.BARE,
        is_judged: bool = False,
        is_looked_up: bool = False,
        roles: Sequence[CustomRole] = (),
    ) -> None:
        argument_types.refuse_odd_context(context)
        own = custom_roles.accepted(roles)
        argument_types.require(argument_types.of_kind("place", place, Place))
        refuse_unknown({name: pipeline, "place.cluster": place.cluster})
        refuse_misshapen({name: pipeline})
        refuse_unknown_place([pipeline], place.cluster_id, place.endpoint)
        if place.addresses is not None:
            refuse_outputs(
                "is connected to before anything is written", {"addresses": place.addresses}
            )
            rule_check.require(
                rule_check.of_addresses("place.addresses", place.addresses, context),
                is_judged=is_judged,
            )
        refuse_misused(own, {name: pipeline.settings})
        rule_check.require(
            rule_check.of_pipeline(name, pipeline.settings, context, roles=own),
            is_judged=is_judged,
        )
        if not is_looked_up:
            wanted: list[Located[rules.Entry]] = [Located(name, pipeline.settings)]
            rule_check.looked_up(
                place.endpoint,
                place.said,
                wanted,
                context,
                addresses=place.addresses,
                roles=own,
            )
        makes_namespace = pipeline.creates_namespace and pipeline_namespaces.is_made_here(
            pipeline.namespace, place
        )
        if makes_namespace:
            pipeline_namespaces.claim(pipeline.namespace, place, name)
        super().__init__(pipeline_namespaces.COMPONENT, name, None, opts)
        warn_of_any_cluster(self)
        account = self._account(name, pipeline, place, makes_namespace=makes_namespace)
        self._bind(name, pipeline, account)
        self.kubeconfig = None
        self.access = pulumi.Output.from_input(_row(pipeline))
        if pipeline.token is not None:
            token = self._store(name, pipeline, pipeline.token, place, account, context)
            self.kubeconfig = applied(_kubeconfig, pipeline, place, token.token)
            self.access = with_gaps(
                lambda end: _row(pipeline) | {"tokenExpiresAt": end}, token.expires_at
            )
        self.register_outputs({})

    def _account(
        self, name: str, pipeline: Pipeline, place: Place, *, makes_namespace: bool
    ) -> KubernetesObject:
        child = pulumi.ResourceOptions(parent=self)
        if makes_namespace:
            before = pipeline_namespaces.guarded(
                f"{name}-namespace",
                pipeline.namespace,
                place,
                child,
                deletes=pipeline.deletes_namespace,
            )
            child = pulumi.ResourceOptions(parent=self, depends_on=before)
        return KubernetesObject(
            "ServiceAccount",
            f"{name}-account",
            {"name": pipeline.name, "namespace": pipeline.namespace, "labels": MANAGED_BY},
            child,
            automountServiceAccountToken=False,
        )

    def _bind(self, name: str, pipeline: Pipeline, account: KubernetesObject) -> None:
        role = pipeline.settings.role_ref  # part of the name: a binding cannot change its role
        given: dict[str, Any] = {
            "role_ref": rbac.RoleRefArgs(
                api_group=subject_names.RBAC_GROUP, kind=role.kind, name=role.name
            ),
            "subjects": [
                rbac.SubjectArgs(
                    kind="ServiceAccount", name=pipeline.name, namespace=pipeline.namespace
                )
            ],
        }

        def options(namespace: str | None) -> pulumi.ResourceOptions:
            former = [pulumi.Alias(name=former_binding(name, role.name, namespace))]
            is_new = role.kind == "Role"  # release 0.1.0 bound no Roles
            return pulumi.ResourceOptions(
                parent=self, depends_on=[account], aliases=[] if is_new else [*former]
            )

        if pipeline.namespaces is None:
            metadata = ObjectMetaArgs(labels=MANAGED_BY)
            rbac.ClusterRoleBinding(
                inside(name, role.name), metadata=metadata, opts=options(None), **given
            )
        for namespace in dict.fromkeys(pipeline.namespaces or ()):
            metadata = ObjectMetaArgs(labels=MANAGED_BY, namespace=namespace)
            own_name = inside(name, namespace, *name_parts(role))
            rbac.RoleBinding(own_name, metadata=metadata, opts=options(namespace), **given)

    def _store(
        self,
        name: str,
        pipeline: Pipeline,
        terms: TokenTerms,
        place: Place,
        account: KubernetesObject,
        context: rules.Context,
    ) -> ServiceAccountToken:
        args = ServiceAccountTokenArgs(
            **place.managed,
            cluster_id=place.cluster_id,
            namespace=pipeline.namespace,
            service_account=pipeline.name,
            lifetime_seconds=int(terms.lifetime.total_seconds()),
            renew_before_seconds=int(terms.renew_before.total_seconds()),
            context=context,
            is_judged=True,
        )
        opts = pulumi.ResourceOptions(parent=self, depends_on=[account])
        return ServiceAccountToken(f"{name}-token", args, opts)


def declare(
    pipelines: Sequence[Pipeline],
    place: Place,
    opts: pulumi.ResourceOptions,
    *,
    context: rules.Context,
    is_judged: bool = False,
    roles: Sequence[CustomRole] = (),
) -> dict[str, AutomationAccess]:
    """Declare the pipelines of one cluster; returns them by name.

    Their namespaces must be declared before. Roles and namespaces are not looked up here, because
    one pipeline may create the namespace of another.

    Raises:
        ArgumentError: a pipeline breaks a rule that refuses.
    """
    made: dict[str, AutomationAccess] = {}
    for pipeline in pipelines:
        former = pulumi.Alias(name=former_name(place.cluster, pipeline.name))
        own = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=[former]))
        name = joined(place.cluster, pipeline.name)
        guest = replace(pipeline, creates_namespace=False, deletes_namespace=False)
        made[pipeline.name] = AutomationAccess(
            name,
            guest,
            place,
            own,
            context=context,
            is_judged=is_judged,
            is_looked_up=True,
            roles=roles,
        )
    return made


def declare_namespaces(
    pipelines: Sequence[Pipeline], place: Place, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Declare the namespaces that the pipelines of one cluster create, before everything else.

    Raises:
        ArgumentError: two pipelines conflict; nothing is declared.
    """
    entries = [Located(f"automation[{i}]", p.settings) for i, p in enumerate(pipelines)]
    found = [f"{path}: {text}" for path, text in rules.clashes(entries)]
    if found:
        raise ArgumentError(found)
    return pipeline_namespaces.declare(pipelines, place, opts)


def former_name(cluster: str, pipeline: str) -> str:
    """The name of a pipeline's component in the states of release 0.1.0; it never changes."""
    return f"{cluster}-{pipeline}"


def former_binding(name: str, role: str, namespace: str | None) -> str:
    """The name of a binding of the component `name` in the states of 0.1.0; it never changes."""
    base = f"{name}-{role.replace(':', '-')}"
    return base if namespace is None else f"{base}-{namespace}"


def refuse_unknown(given: Mapping[str, object]) -> None:
    """Refuse a pipeline, or another value, that holds an output.

    Raises:
        ArgumentError: with their paths.
    """
    refuse_outputs("is part of resource names, or is looked up before anything is written", given)


def refuse_misshapen(given: Mapping[str, Pipeline]) -> None:
    """Refuse pipelines that have values of the wrong type; the keys are their paths.

    Raises:
        ArgumentError: with every error.
    """
    for path, pipeline in given.items():
        argument_types.require(argument_types.of_kind(path, pipeline, Pipeline))
        where = () if pipeline.namespaces is None else pipeline.namespaces
        argument_types.require(
            argument_types.text(f"{path}.name", pipeline.name),
            argument_types.text(f"{path}.namespace", pipeline.namespace),
            misnamed_role(path, pipeline.cluster_role, pipeline.role),
            argument_types.texts(f"{path}.namespaces", where, '["training"]'),
        )
        argument_types.require(
            wrong_name(f"{path}.name", pipeline.name),
            wrong_name(f"{path}.namespace", pipeline.namespace),
            *(wrong_name(f"{path}.namespaces[{i}]", name) for i, name in enumerate(where)),
        )
        if pipeline.token is not None:
            argument_types.require(
                argument_types.of_kind(f"{path}.token", pipeline.token, TokenTerms)
            )
            argument_types.require(
                argument_types.of_kind(
                    f"{path}.token.lifetime", pipeline.token.lifetime, timedelta
                ),
                argument_types.of_kind(
                    f"{path}.token.renew_before", pipeline.token.renew_before, timedelta
                ),
            )


def refuse_unknown_place(
    pipelines: Sequence[Pipeline], cluster_id: pulumi.Input[str], endpoint: pulumi.Input[str]
) -> None:
    """Refuse outputs as a cluster's id or endpoint where a namespace has to be looked up first.

    Raises:
        ArgumentError: with their paths.
    """
    if any(pipeline.creates_namespace for pipeline in pipelines):
        refuse_outputs(
            "is needed to look up the namespace before anything is declared",
            {"cluster_id": cluster_id, "endpoint": endpoint},
        )


def work_namespace(pipeline: Pipeline | PipelineSettings) -> str:
    """The default namespace of a pipeline's commands: the first that it may work in."""
    return pipeline.namespaces[0] if pipeline.namespaces else pipeline.namespace


def _kubeconfig(pipeline: Pipeline, place: Place, token: str) -> str:
    return kubeconfig.pipeline_kubeconfig(
        place.entry(kubeconfig.of_pipeline(pipeline.name)),
        place.reached.pipelines,
        place=work_namespace(pipeline),
        token=token,
    )


def _row(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "kind": "ServiceAccount",
        "subject": subject_names.service_account(pipeline.namespace, pipeline.name),
        **named_role(pipeline.settings),
        "namespaces": "*"
        if pipeline.namespaces is None
        else list(dict.fromkeys(pipeline.namespaces)),
    }
