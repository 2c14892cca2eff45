"""Roles, bindings and subjects, as the API has them, and the rules of aggregated ClusterRoles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cks_components.kubernetes.subject_names import RBAC_GROUP
from cks_components.rbac.rule import PolicyRule

RoleKind = Literal["ClusterRole", "Role"]
SubjectKind = Literal["User", "Group", "ServiceAccount"]
AGGREGATE_TO = f"{RBAC_GROUP}/aggregate-to-"
"""How labels begin by which a ClusterRole adds its rules to a role of every cluster."""


@dataclass(frozen=True, kw_only=True)
class LabelSelector:
    """Labels that a ClusterRole must have, and expressions (key, operator, values) that must hold."""

    match_labels: tuple[tuple[str, str], ...] = ()
    match_expressions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether it selects an object with these labels; without conditions it selects every one."""
        return all(labels.get(key) == value for key, value in self.match_labels) and all(
            _holds(labels, *expression) for expression in self.match_expressions
        )


def _holds(labels: Mapping[str, str], key: str, operator: str, values: tuple[str, ...]) -> bool:
    value = labels.get(key)
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[operator]


_ROLE = "role/"


@dataclass(frozen=True)
class RoleRef:
    """The kind and the name of a role; the namespace of a Role is that of its binding."""

    kind: RoleKind
    name: str

    @property
    def text(self) -> str:
        """The name of a ClusterRole, and `role/NAME` for a Role; no name has a slash."""
        return self.name if self.kind == "ClusterRole" else f"{_ROLE}{self.name}"

    @classmethod
    def of(cls, text: str) -> RoleRef:
        """The role that `text` names."""
        is_role = text.startswith(_ROLE)
        return cls("Role" if is_role else "ClusterRole", text.removeprefix(_ROLE))


@dataclass(frozen=True, kw_only=True)
class Role:
    """A ClusterRole, or a Role in a namespace.

    Attributes:
        namespace: of a Role; None for a ClusterRole.
        rules: its own rules; those of an aggregated ClusterRole are made by `Policy.rules`.
        aggregates: the selectors of the ClusterRoles whose rules an aggregated ClusterRole has;
            None if it has rules of its own.
    """

    name: str
    namespace: str | None = None
    rules: tuple[PolicyRule, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    aggregates: tuple[LabelSelector, ...] | None = None

    @property
    def ref(self) -> RoleRef:
        """The kind and name by which a binding names it."""
        return RoleRef("ClusterRole" if self.namespace is None else "Role", self.name)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whom a binding binds; only a service account has a namespace."""

    kind: SubjectKind
    name: str
    namespace: str = ""

    @property
    def text(self) -> str:
        """Such as "Group okta:ml" and "ServiceAccount ci/deployer"."""
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


@dataclass(frozen=True, kw_only=True)
class Binding:
    """A ClusterRoleBinding, or a RoleBinding in a namespace.

    Attributes:
        namespace: of a RoleBinding; None for a ClusterRoleBinding, which can bind only a
            ClusterRole.
    """

    name: str
    role: RoleRef
    subjects: tuple[Subject, ...]
    namespace: str | None = None

    @property
    def right(self) -> str:
        """The role, and where it holds, such as `view in training`."""
        where = "cluster wide" if self.namespace is None else f"in {self.namespace}"
        return f"{self.role.text} {where}"


class Policy:
    """Roles and bindings; of several roles with the same name and namespace the last one counts."""

    def __init__(self, roles: Iterable[Role], bindings: Iterable[Binding]) -> None:
        self._roles = {(role.namespace, role.name): role for role in roles}
        self._cluster_roles = [r for r in self._roles.values() if r.namespace is None]
        self.bindings = tuple(bindings)
        self._rules: dict[tuple[str | None, str], tuple[PolicyRule, ...]] = {}

    @property
    def namespaces(self) -> list[str]:
        """The namespaces in which somebody has a role that does not hold in the whole cluster."""
        return sorted({b.namespace for b in self.bindings if b.namespace is not None})

    @property
    def roles(self) -> tuple[Role, ...]:
        """Every role, each once."""
        return tuple(self._roles.values())

    def role_of(self, binding: Binding) -> Role | None:
        """The role that a binding names; None if there is no such role."""
        namespace = binding.namespace if binding.role.kind == "Role" else None
        return self.role(namespace, binding.role.name)

    def role(self, namespace: str | None, name: str) -> Role | None:
        """The ClusterRole of a name, or the Role in a namespace; None if there is none."""
        return self._roles.get((namespace, name))

    def rules(self, role: Role) -> tuple[PolicyRule, ...]:
        """The rules of a role once the aggregation controller has filled it."""
        key = (role.namespace, role.name)
        if key not in self._rules:
            self._rules[key] = self._aggregated(role)
        return self._rules[key]

    def _aggregated(self, role: Role) -> tuple[PolicyRule, ...]:
        """The rules of every role without an aggregation that a role leads to, each rule once."""
        found, seen, pending = dict[PolicyRule, None](), {role.name}, [role]
        while pending:
            one = pending.pop()
            if one.aggregates is None:
                found.update(dict.fromkeys(one.rules))
                continue
            for other in self._cluster_roles:
                if other.name not in seen and any(s.selects(other.labels) for s in one.aggregates):
                    seen.add(other.name)
                    pending.append(other)
        return tuple(found)


def role_from(manifest: Mapping[str, Any]) -> Role:
    """A ClusterRole or a Role from its object in the API."""
    metadata, aggregation = manifest["metadata"], manifest.get("aggregationRule")
    selectors = None if aggregation is None else aggregation.get("clusterRoleSelectors") or ()
    return Role(
        name=metadata["name"],
        namespace=metadata.get("namespace"),
        labels=metadata.get("labels") or {},
        rules=tuple(rule_from(rule) for rule in manifest.get("rules") or ()),
        aggregates=None if selectors is None else tuple(_selector(s) for s in selectors),
    )


def rule_from(written: Mapping[str, Any]) -> PolicyRule:
    """A rule from its form in the API and in a stack file."""
    return PolicyRule(
        verbs=tuple(written.get("verbs") or ()),
        api_groups=tuple(written.get("apiGroups") or ()),
        resources=tuple(written.get("resources") or ()),
        resource_names=tuple(written.get("resourceNames") or ()),
        non_resource_urls=tuple(written.get("nonResourceURLs") or ()),
    )


def binding_from(manifest: Mapping[str, Any]) -> Binding:
    """A ClusterRoleBinding or a RoleBinding from its object in the API."""
    metadata, role = manifest["metadata"], manifest["roleRef"]
    return Binding(
        name=metadata["name"],
        namespace=metadata.get("namespace"),
        role=RoleRef(role["kind"], role["name"]),
        subjects=tuple(
            Subject(kind=s["kind"], name=s["name"], namespace=s.get("namespace") or "")
            for s in manifest.get("subjects") or ()
        ),
    )


def _selector(written: Mapping[str, Any]) -> LabelSelector:
    return LabelSelector(
        match_labels=tuple((written.get("matchLabels") or {}).items()),
        match_expressions=tuple(
            (e["key"], e["operator"], tuple(e.get("values") or ()))
            for e in written.get("matchExpressions") or ()
        ),
    )
