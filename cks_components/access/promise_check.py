"""Tests the promises of a stack file by the file alone, and says what it cannot decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cks_components.access import rule_wording
from cks_components.access.cluster_policy import ClusterPolicy, cluster_policy
from cks_components.access.promises import Promise, place_of, promises
from cks_components.rbac.authorizer import Authorizer, Decision
from cks_components.rbac.built_in import built_in
from cks_components.rbac.policy import Binding, Policy
from cks_components.rbac.question import Question
from cks_components.rbac.rule import Request
from cks_components.stack_file.settings import StackSettings

_BY_CKS = "adminGroupBinding gives cluster-admin to one of its groups, if CKS takes the name so"
_WEBHOOK = "the authorization webhook of the stack is asked as well, and may decide otherwise"


class Verdict(StrEnum):
    """Whether a promise is kept; what is undecided is never counted as kept."""

    KEPT = "kept"
    BROKEN = "broken"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Outcome:
    """What came of one promise.

    Attributes:
        reason: the rule that decided, or what is missing; a clause without a full stop.
    """

    promise: Promise
    verdict: Verdict
    reason: str


def outcomes(settings: StackSettings) -> list[Outcome]:
    """Test every promise on every cluster; sends nothing."""
    return [
        outcome(promise, policy)
        for index in range(len(settings.clusters))
        for policy in [cluster_policy(settings, index)]
        for promise in promises(settings, index)
    ]


def outcome(promise: Promise, cluster: ClusterPolicy) -> Outcome:
    """Test one promise."""
    question = promise.question
    if question is None:
        return Outcome(promise, Verdict.UNDECIDED, promise.problem)
    if cluster.has_webhook:
        return Outcome(promise, Verdict.UNDECIDED, _WEBHOOK)
    names = names_in_rules(promise, cluster.policy)
    requests = promise.requests(question, cluster.policy.namespaces, names)
    decisions = [(one, cluster.authorizer.decide(promise.user, one)) for one in requests]
    if promise.is_allowed:
        return _expected(promise, question, cluster, decisions)
    return _unexpected(promise, question, cluster, decisions)


def names_in_rules(promise: Promise, policy: Policy) -> list[str]:
    """The names of objects that rules of the user name, wherever they hold."""
    authorizer = Authorizer(policy)
    found = {
        name
        for namespace in ("", *policy.namespaces)
        for _, rule in authorizer.rules(promise.user, namespace)
        for name in rule.resource_names
    }
    return sorted(found)


def _expected(
    promise: Promise,
    question: Question,
    cluster: ClusterPolicy,
    decisions: list[tuple[Request, Decision]],
) -> Outcome:
    refused = [(request, d) for request, d in decisions if not d.is_allowed]
    if not refused:
        return Outcome(promise, Verdict.KEPT, _allowed_by(*decisions[0]))
    request, decision = refused[0]
    doubt = _doubt(promise, question, cluster, request, decision)
    if doubt:
        return Outcome(promise, Verdict.UNDECIDED, doubt)
    return Outcome(promise, Verdict.BROKEN, _not_allowed(promise, cluster, request))


def _unexpected(
    promise: Promise,
    question: Question,
    cluster: ClusterPolicy,
    decisions: list[tuple[Request, Decision]],
) -> Outcome:
    for request, decision in decisions:
        if decision.is_allowed:
            return Outcome(promise, Verdict.BROKEN, _allowed_by(request, decision))
    for request, decision in decisions:
        doubt = _doubt(promise, question, cluster, request, decision)
        if doubt:
            return Outcome(promise, Verdict.UNDECIDED, doubt)
    reason = f"no rule of the stack or of Kubernetes allows it{_unbound(promise, cluster)}"
    return Outcome(promise, Verdict.KEPT, reason)


def _unbound(promise: Promise, cluster: ClusterPolicy) -> str:
    """A remark that the stack gives the user nothing at all, as it gives a misspelt name nothing."""
    is_bound = any(_held(promise, cluster, place) for place in ("", *cluster.policy.namespaces))
    return "" if is_bound else "; no binding of the stack is for this user or these groups"


def _allowed_by(request: Request, decision: Decision) -> str:
    """The rule that allows a request, with its role and binding."""
    permit = decision.permits[0]  # of system:masters too, which Kubernetes binds to cluster-admin
    return (
        f"{_named(permit.binding)} (to {permit.subject.text}) allows it{place_of(request)}, by the rule: "
        f"{rule_wording.sentence([permit.rule])}"
    )


def _named(binding: Binding) -> str:
    return f"{binding.role.kind} {binding.role.name} by {binding.name}"


def _not_allowed(promise: Promise, cluster: ClusterPolicy, request: Request) -> str:
    """Why a request is not allowed: what the user has there instead."""
    held = _held(promise, cluster, request.namespace)
    where = f'in namespace "{request.namespace}"' if request.namespace else "cluster wide"
    ended = cluster.ended_permits(promise.user, request)
    past = f"; {', '.join(ended)} allowed it until it ended" if ended else ""
    has = ", ".join(held) or "no role by the stack"
    return f"no rule allows it; {where} the user has {has}{past}"


def _held(promise: Promise, cluster: ClusterPolicy, namespace: str) -> list[str]:
    """What the stack gives the user in a namespace, or with an empty one in the whole cluster."""
    held = {
        _named(binding): None
        for binding, _ in cluster.authorizer.rules(promise.user, namespace)
        if binding not in built_in().bindings
    }
    return list(held)


def _doubt(
    promise: Promise,
    question: Question,
    cluster: ClusterPolicy,
    request: Request,
    decision: Decision,
) -> str:
    """What may allow a request although no known rule does; empty if nothing may."""
    return next(_doubts(promise, question, cluster, request, decision), "")


def _doubts(
    promise: Promise,
    question: Question,
    cluster: ClusterPolicy,
    request: Request,
    decision: Decision,
) -> Iterator[str]:
    for binding in decision.unknown:
        yield (
            f"{_named(binding)} may allow it, and only the cluster knows the rules of this role; "
            'define it in roles, or ask the cluster with "--live"'
        )
    if cluster.admin_groups & {*promise.user.groups}:
        yield _BY_CKS
    if not question.is_known:
        for binding, _ in cluster.authorizer.rules(promise.user, request.namespace):
            role = cluster.policy.role_of(binding)
            if role is not None and role.aggregates is not None:
                yield (
                    f'Kubernetes itself has no "{question.resource}.{question.group}", and the '
                    f"software that has it may have added rules to {role.name} ({binding.name}); "
                    'ask the cluster with "--live"'
                )
