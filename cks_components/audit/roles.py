"""Judges the roles on a cluster: what others added to those of Kubernetes and of the stack."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache

from cks_components.access import rule_wording
from cks_components.access.live_policy import LivePolicy
from cks_components.access.single_rights import not_given
from cks_components.audit.finding import AuditFinding, Kind, paths
from cks_components.rbac import built_in_roles
from cks_components.rbac.built_in import built_in
from cks_components.rbac.policy import AGGREGATE_TO, Policy, Role
from cks_components.rbac.rule import PolicyRule
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import StackSettings


def findings(settings: StackSettings, index: int, live: LivePolicy) -> Iterator[AuditFinding]:
    """Yield the roles that give more than Kubernetes and the stack file say.

    Args:
        settings: of the stack.
        index: of the cluster in the stack file.
        live: what the cluster has.
    """
    policy = live.policy
    yield from _widening(policy)
    yield from _changed_by_hand(policy)
    for _, role in settings.roles_on(index):
        yield from _changed_of_stack(role, policy)


def _widening(policy: Policy) -> Iterator[AuditFinding]:
    """ClusterRoles of others that add rules to the roles of every cluster."""
    usual = {role.name for role in built_in().roles}
    for role in policy.roles:
        bases = [
            label.removeprefix(AGGREGATE_TO)
            for label, value in role.labels.items()
            if label.startswith(AGGREGATE_TO) and value == "true"
        ]
        if bases and role.namespace is None and role.name not in usual:
            everybody = [f"everybody with {base}" for base in bases]
            yield _finding("widened-role", role, everybody, policy.rules(role))


def _changed_by_hand(policy: Policy) -> Iterator[AuditFinding]:
    """Roles of every cluster with a way to an administrator's rights that they do not come with.

    Other differences are left: those of other versions of Kubernetes are among them.
    """
    for usual in built_in().roles:
        role = policy.role(usual.namespace, usual.name)
        if role is None or (role.aggregates is not None and role.aggregates == usual.aggregates):
            continue
        original = _original_rules()[usual.namespace, usual.name]
        added = not_given(policy.rules(role), original)
        known = {*paths(original)} if added else set()
        added = [rule for rule in added if {*paths([*original, rule])} - known]
        if added:
            yield _changed(role, added, original)


@cache
def _original_rules() -> dict[tuple[str | None, str], frozenset[PolicyRule]]:
    """The rules that Kubernetes gives each of its own roles, by namespace and name."""
    original = built_in_roles.policy()
    return {(role.namespace, role.name): frozenset(original.rules(role)) for role in original.roles}


def _changed_of_stack(given: RoleSettings, policy: Policy) -> Iterator[AuditFinding]:
    """Roles of the stack with rules that its file does not give them."""
    wanted = {*given.policy_rules}
    base = policy.role(None, given.extends) if given.extends else None
    if base is not None:
        wanted |= {*policy.rules(base)}
    for made in given.objects():
        role = policy.role(made.namespace, made.name)
        added = not_given(policy.rules(role), wanted) if role is not None else []
        if role is not None and added and made.name == given.name:
            yield _changed(role, added, wanted)


def _changed(
    role: Role, added: Sequence[PolicyRule], given: Collection[PolicyRule]
) -> AuditFinding:
    """What was added to a role, with the ways that it opens by itself and together with the rest."""
    found = _finding("changed-role", role, [f"everybody with {role.name}"], added)
    before = paths(given)
    opened = (one for one in paths([*given, *added]) if one in found.paths or one not in before)
    return replace(found, paths=tuple(opened))


def _finding(
    kind: Kind, role: Role, who: Sequence[str], rules: Sequence[PolicyRule]
) -> AuditFinding:
    place = f"ClusterRole {role.name}"
    if role.namespace is not None:
        place = f"Role {role.namespace}/{role.name}"
    what = f"also may {rule_wording.sentence(rules)}"
    return AuditFinding(kind=kind, place=place, who=tuple(who), what=what, paths=paths(rules))
