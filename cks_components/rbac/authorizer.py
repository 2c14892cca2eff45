"""Decides a request as kube-apiserver's RBAC authorizer does.

Source: pkg/registry/rbac/validation/rule.go of Kubernetes. What other authorizers say (a webhook,
or the node authorizer) is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cks_components.kubernetes import subject_names
from cks_components.kubernetes.user import User
from cks_components.rbac.policy import Binding, Policy, Subject
from cks_components.rbac.rule import PolicyRule, Request

PRIVILEGED = "system:masters"
"""The group whose members kube-apiserver allows everything before it asks RBAC."""


@dataclass(frozen=True)
class Permit:
    """A rule that allows a request, and the binding and subject by which the user has it."""

    binding: Binding
    subject: Subject
    rule: PolicyRule

    @property
    def reason(self) -> str:
        """The reason in kube-apiserver's words, as a SubjectAccessReview shows it."""
        binding, subject = self.binding, self.subject
        kind, name = "ClusterRoleBinding", binding.name
        if binding.namespace is not None:
            kind, name = "RoleBinding", f"{binding.name}/{binding.namespace}"
        who = subject.name
        if subject.kind == "ServiceAccount":
            who = f"{subject.name}/{subject.namespace or binding.namespace or ''}"
        return (
            f'RBAC: allowed by {kind} "{name}" of {binding.role.kind} "{binding.role.name}" to '
            f'{subject.kind} "{who}"'
        )


@dataclass(frozen=True)
class Decision:
    """What RBAC decides about one request.

    Attributes:
        is_allowed: whether a rule allows it, or the user is in `system:masters`.
        permits: every rule that allows it.
        unknown: the user's bindings there whose role is not known. The request may be allowed by
            one of them, if the role exists on the cluster.
    """

    is_allowed: bool
    permits: tuple[Permit, ...]
    unknown: tuple[Binding, ...]


class Authorizer:
    """Decides requests by the roles and bindings of one cluster."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def decide(self, user: User, request: Request) -> Decision:
        """Decide one request of a user."""
        permits: list[Permit] = []
        unknown: list[Binding] = []
        for binding, subject in self._held(user, request.namespace):
            role = self._policy.role_of(binding)
            if role is None:
                unknown.append(binding)
                continue
            rule = next((r for r in self._policy.rules(role) if r.allows(request)), None)
            if rule is not None:
                permits.append(Permit(binding, subject, rule))
        is_allowed = bool(permits) or PRIVILEGED in user.groups
        return Decision(is_allowed, tuple(permits), tuple(unknown))

    def rules(self, user: User, namespace: str = "") -> Iterator[tuple[Binding, PolicyRule]]:
        """Every known rule that a user has in a namespace, or cluster wide (empty)."""
        for binding, _ in self._held(user, namespace):
            role = self._policy.role_of(binding)
            for rule in self._policy.rules(role) if role is not None else ():
                yield binding, rule

    def _held(self, user: User, namespace: str) -> Iterator[tuple[Binding, Subject]]:
        """The bindings of a user that hold in a namespace, each with the first subject that is it."""
        for binding in self._policy.bindings:
            if binding.namespace is None or binding.namespace == namespace:
                subject = next((s for s in binding.subjects if _is(user, s, binding)), None)
                if subject is not None:
                    yield binding, subject


def _is(user: User, subject: Subject, binding: Binding) -> bool:
    if subject.kind == "User":
        return user.name == subject.name
    if subject.kind == "Group":
        return subject.name in user.groups
    namespace = subject.namespace or binding.namespace
    return bool(namespace) and user.name == subject_names.service_account(
        str(namespace), subject.name
    )
