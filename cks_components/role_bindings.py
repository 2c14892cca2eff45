"""RoleBindings: which people and groups have which ClusterRole where, over pulumi-kubernetes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac import v1 as rbac

from cks_components.api.models import OidcConfig
from cks_components.engine import judgement
from cks_components.engine.naming import joined
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
    """Who becomes which RBAC subject with which role where, a row a subject of an entry.

    The order of subjects and namespaces in an entry makes no difference.
    """
    return [
        {
            "kind": subject["kind"],
            "subject": subject["name"],
            "clusterRole": binding.cluster_role,
            "namespaces": "*" if binding.namespaces is None else sorted(set(binding.namespaces)),
        }
        for binding in bindings
        for subject in _unique(subjects(binding, oidc))
    ]


@dataclass
class _Place:
    """What is bound with one role in one place.

    Attributes:
        namespace: None is cluster wide.
        former: the names that release 0.1.0 gave to what the entries asked for.
    """

    role: str
    namespace: str | None
    subjects: list[dict[str, str]] = field(default_factory=list)
    former: list[str] = field(default_factory=list)


class RoleBindings(pulumi.ComponentResource):
    """The bindings of one cluster: one for each role and place, with everybody who has it there.

    A role cannot be changed in a binding (kube-apiserver), so it is part of the resource's name:
    another role is another binding. Who else gets a role, or loses it, and a changed prefix change
    the subjects in place. Entries that say the same twice, or in another order, change nothing.
    With `has_webhook`, an authentication webhook names people too, and the rules do not ask whether
    the identity provider can send a name. With the cluster's `endpoint` (its `apiServerEndpoint`),
    roles and namespaces are looked up there first. `is_judged` is for a caller that has said
    already what the rules say without refusing.

    Raises:
        SettingsError: a binding breaks a rule that refuses in the context, or what it names is not
            there; nothing is declared.
    """

    def __init__(
        self,
        name: str,
        bindings: Sequence[Binding],
        oidc: OidcConfig,
        opts: pulumi.ResourceOptions | None = None,
        *,
        context: rules.Context = rules.BARE,
        has_webhook: bool = False,
        endpoint: str | None = None,
        is_judged: bool = False,
    ) -> None:
        found = judgement.of_bindings(bindings, oidc, context, has_webhook=has_webhook)
        judgement.require(found, is_judged=is_judged)
        if endpoint is not None:
            wanted = judgement.needs(bindings, ())
            judgement.looked_up(endpoint, name, wanted, context)
        super().__init__("cks:index:RoleBindings", name, None, opts)
        for place in _places(name, bindings, oidc):
            given: dict[str, Any] = {
                "role_ref": rbac.RoleRefArgs(api_group=_GROUP, kind="ClusterRole", name=place.role),
                "subjects": [
                    rbac.SubjectArgs(kind=s["kind"], api_group=s["apiGroup"], name=s["name"])
                    for s in _unique(place.subjects)
                ],
                "opts": pulumi.ResourceOptions(
                    parent=self, aliases=[pulumi.Alias(name=former) for former in place.former]
                ),
            }
            if place.namespace is None:
                metadata = ObjectMetaArgs(labels=_OWNER)
                rbac.ClusterRoleBinding(joined(name, place.role), metadata=metadata, **given)
            else:
                metadata = ObjectMetaArgs(labels=_OWNER, namespace=place.namespace)
                own_name = joined(name, place.namespace, place.role)
                rbac.RoleBinding(own_name, metadata=metadata, **given)
        self.register_outputs({})


def _places(name: str, bindings: Sequence[Binding], oidc: OidcConfig) -> list[_Place]:
    """Everything that is bound, by role and place, in the order of the entries.

    A former name leads to one place only: the engine refuses two resources that both were one.
    """
    found: dict[tuple[str, str | None], _Place] = {}
    claimed: set[tuple[bool, str]] = set()
    for binding in bindings:
        where = (None,) if binding.namespaces is None else tuple(binding.namespaces)
        for namespace in where:
            key = (binding.cluster_role, namespace)
            place = found.setdefault(key, _Place(*key))
            place.subjects += subjects(binding, oidc)
            former = former_name(name, binding, namespace)
            if (namespace is None, former) not in claimed:
                claimed.add((namespace is None, former))
                place.former.append(former)
    return list(found.values())


def _unique(given: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Each subject once, users first, by name."""
    by_key = {(s["kind"] != "User", s["name"]): s for s in given}
    return [by_key[key] for key in sorted(by_key)]


def former_name(name: str, binding: Binding, namespace: str | None) -> str:
    """The name of an entry's resource in the states of release 0.1.0, which made one an entry.

    Those states lead to what there is now by it, so it never changes.

    Args:
        name: of the component.
        binding: the entry.
        namespace: None for its cluster-wide binding.
    """
    who = "\n".join([*binding.groups, "", *binding.users])
    scope = "namespaced" if binding.namespaces is not None else "cluster"
    digest = hashlib.sha256(f"{scope}\n{who}".encode()).hexdigest()[:6]
    base = f"{name}-{binding.cluster_role.replace(':', '-')}-{digest}"
    return base if namespace is None else f"{base}-{namespace}"
