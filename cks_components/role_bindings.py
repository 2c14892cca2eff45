"""RoleBindings: which people and groups have which ClusterRole where, over pulumi-kubernetes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac import v1 as rbac

from cks_components.api.errors import SettingsError
from cks_components.api.models import OidcConfig
from cks_components.identity import names, rules

_GROUP = "rbac.authorization.k8s.io"
_OWNER = {"app.kubernetes.io/managed-by": "cks-access"}


@dataclass(frozen=True, kw_only=True)
class Binding:
    """People and groups, named as the identity provider says them, and the role they get.

    Attributes:
        namespaces: where; None is cluster wide. The namespaces must exist.
    """

    cluster_role: str
    users: Sequence[str] = ()
    groups: Sequence[str] = ()
    namespaces: Sequence[str] | None = None


def subjects(binding: Binding, oidc: OidcConfig) -> list[dict[str, str]]:
    """The RBAC subjects of a binding, with the effective prefixes, users first."""
    people = [("User", names.user(oidc, name)) for name in binding.users]
    groups = [("Group", names.group(oidc, name)) for name in binding.groups]
    return [{"kind": k, "apiGroup": _GROUP, "name": n} for k, n in (*people, *groups)]


def access(bindings: Sequence[Binding], oidc: OidcConfig) -> list[dict[str, Any]]:
    """Who becomes which RBAC subject with which role where, a row a subject."""
    return [
        {
            "kind": subject["kind"],
            "subject": subject["name"],
            "clusterRole": binding.cluster_role,
            "namespaces": list(binding.namespaces) if binding.namespaces else "*",
        }
        for binding in bindings
        for subject in subjects(binding, oidc)
    ]


class RoleBindings(pulumi.ComponentResource):
    """The bindings of one cluster.

    A role cannot be changed in a binding (kube-apiserver), so it is part of the resource's name:
    another role is another binding. A changed prefix changes the subjects in place.

    Raises:
        SettingsError: a binding breaks a rule that refuses in the context; nothing is declared.
    """

    def __init__(
        self,
        name: str,
        bindings: Sequence[Binding],
        oidc: OidcConfig,
        opts: pulumi.ResourceOptions | None = None,
        *,
        context: rules.Context = rules.BARE,
    ) -> None:
        _refuse_broken(bindings, oidc, context)
        super().__init__("cks:index:RoleBindings", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        for binding in bindings:
            ref = rbac.RoleRefArgs(api_group=_GROUP, kind="ClusterRole", name=binding.cluster_role)
            base = f"{name}-{_slug(binding)}"
            who = [
                rbac.SubjectArgs(kind=s["kind"], api_group=s["apiGroup"], name=s["name"])
                for s in subjects(binding, oidc)
            ]
            if binding.namespaces is None:
                rbac.ClusterRoleBinding(
                    base,
                    metadata=ObjectMetaArgs(labels=_OWNER),
                    role_ref=ref,
                    subjects=who,
                    opts=child,
                )
            for namespace in binding.namespaces or ():
                rbac.RoleBinding(
                    f"{base}-{namespace}",
                    metadata=ObjectMetaArgs(labels=_OWNER, namespace=namespace),
                    role_ref=ref,
                    subjects=who,
                    opts=child,
                )
        self.register_outputs({})


def _refuse_broken(bindings: Sequence[Binding], oidc: OidcConfig, context: rules.Context) -> None:
    found = [
        str(replace(finding, path=f"bindings[{index}].{finding.path}"))
        for index, binding in enumerate(bindings)
        for finding in rules.binding_findings(binding, oidc, context)
        if finding.refuses
    ]
    if found:
        raise SettingsError(found)


def _slug(binding: Binding) -> str:
    """A name that stays while the binding stays: its role, and who it is for."""
    who = "\n".join([*binding.groups, "", *binding.users])
    scope = "namespaced" if binding.namespaces is not None else "cluster"
    digest = hashlib.sha256(f"{scope}\n{who}".encode()).hexdigest()[:6]
    return f"{binding.cluster_role.replace(':', '-')}-{digest}"
