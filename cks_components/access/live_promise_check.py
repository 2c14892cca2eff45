"""Tests the promises of a stack file on its clusters, and explains where the file says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cks_components.access import live_policy, rule_wording
from cks_components.access.cluster_policy import ClusterPolicy, cluster_policy
from cks_components.access.live_policy import LivePolicy, UserRequest
from cks_components.access.promise_check import (
    Outcome,
    Verdict,
    names_in_rules,
    outcome,
)
from cks_components.access.promises import Promise, place_of, promises
from cks_components.api.concurrent_calls import called_for_each
from cks_components.api.errors import CksError
from cks_components.kubernetes.answers import AccessReview
from cks_components.kubernetes.client import KubernetesClient
from cks_components.rbac.authorizer import Authorizer, Decision
from cks_components.rbac.policy import Binding
from cks_components.rbac.rule import PolicyRule, Request
from cks_components.stack_file.settings import StackSettings

_Reviews = Mapping[UserRequest, AccessReview]


@dataclass(frozen=True)
class LiveOutcome:
    """What a cluster says of one promise.

    Attributes:
        live: by the cluster.
        offline: by the stack file.
        difference: why the two differ; empty if they do not, or if the file does not decide it.
    """

    live: Outcome
    offline: Outcome
    difference: str


@dataclass(frozen=True)
class Answers:
    """What the clusters of a stack say.

    Attributes:
        problems: a line for each cluster that could not be asked.
    """

    outcomes: tuple[LiveOutcome, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Sides:
    """The policy by the stack file, and the one on the cluster, if it may be read."""

    offline: ClusterPolicy
    live: LivePolicy | None


def tested_clusters(settings: StackSettings) -> list[int]:
    """The indices of the clusters about which there is a promise."""
    return [i for i in range(len(settings.clusters)) if settings.expectations_on(i)]


def ask_all(settings: StackSettings, ask: Callable[[int], list[LiveOutcome]]) -> Answers:
    """Ask every cluster with promises, several at a time.

    Args:
        settings: of the stack.
        ask: connects to the cluster at an index, and gives its `outcomes`.
    """

    def answer(index: int) -> list[LiveOutcome] | str:
        try:
            return ask(index)
        except CksError as error:
            return f"cannot test cluster {settings.clusters[index].key}: {error}"

    answers = called_for_each(answer, tested_clusters(settings))
    return Answers(
        tuple(o for found in answers if not isinstance(found, str) for o in found),
        tuple(found for found in answers if isinstance(found, str)),
    )


def outcomes(settings: StackSettings, cluster: int, client: KubernetesClient) -> list[LiveOutcome]:
    """Test every promise about the cluster at an index, by asking it.

    Raises:
        CksError: the cluster does not answer, or the token's owner may not ask it.
    """
    sides = _Sides(cluster_policy(settings, cluster), live_policy.read_policy(client))
    found = list(promises(settings, cluster))
    if any(p.question is None or not p.question.is_known for p in found):
        key = settings.clusters[cluster].key
        found = list(promises(settings, cluster, live_policy.known_names(client, key)))
    asked = {promise.path: _requests(promise, sides) for promise in found}
    requests = [(p.user, request) for p in found for request in asked[p.path]]
    reviews = live_policy.ask(client, requests)
    return [_compared(promise, asked[promise.path], reviews, sides) for promise in found]


def _requests(promise: Promise, sides: _Sides) -> list[Request]:
    """The requests to ask about; roles on the cluster may hold in more places, for more names."""
    if promise.question is None:
        return []
    policies = [sides.offline.policy]
    if sides.live is not None:
        policies.append(sides.live.policy)
    namespaces = {namespace for policy in policies for namespace in policy.namespaces}
    names = {name for policy in policies for name in names_in_rules(promise, policy)}
    return promise.requests(promise.question, sorted(namespaces), sorted(names))


def _compared(
    promise: Promise, requests: list[Request], reviews: _Reviews, sides: _Sides
) -> LiveOutcome:
    offline = outcome(promise, sides.offline)
    if promise.question is None:
        return LiveOutcome(Outcome(promise, Verdict.UNDECIDED, promise.problem), offline, "")
    request, live = _decided(promise, requests, reviews)
    difference = ""
    if Verdict.UNDECIDED not in (live.verdict, offline.verdict) and live.verdict != offline.verdict:
        review = reviews[promise.user, request]
        difference = _why(promise, request, review, sides)
    return LiveOutcome(live, offline, difference)


def _decided(
    promise: Promise, requests: list[Request], reviews: _Reviews
) -> tuple[Request, Outcome]:
    """The request that decides a promise, and what came of it."""
    answers = [(request, reviews[promise.user, request]) for request in requests]
    deciding = next(((r, a) for r, a in answers if a.is_allowed != promise.is_allowed), None)
    request, review = deciding or answers[0]
    failed = next(((r, a) for r, a in answers if a.problem and not a.is_allowed), None)
    if failed is not None and (promise.is_allowed or deciding is None):
        text = f"an authorizer of the cluster failed: {failed[1].problem}"
        return failed[0], Outcome(promise, Verdict.UNDECIDED, text)
    word = "allows" if review.is_allowed else "does not allow"
    reason = f": {review.reason}" if review.reason else ""
    verdict = Verdict.KEPT if deciding is None else Verdict.BROKEN
    return request, Outcome(promise, verdict, f"the cluster {word} it{place_of(request)}{reason}")


def _why(promise: Promise, request: Request, review: AccessReview, sides: _Sides) -> str:
    if sides.live is None:
        return (
            "the token's owner may not list the cluster's roles and bindings, so only its own "
            "words say why"
        )
    there = Authorizer(sides.live.policy).decide(promise.user, request)
    if there.is_allowed != review.is_allowed:
        word = "allows" if review.is_allowed else "denies"
        return (
            f"its roles and bindings say otherwise, so another authorizer {word} it, such as an "
            "authorization webhook"
        )
    if review.is_allowed:
        return _added(there, sides.offline, sides.live)
    return _missing(promise, request, sides.offline, sides.live)


def _added(there: Decision, offline: ClusterPolicy, live: LivePolicy) -> str:
    """Why a request is allowed on the cluster and not by the stack file."""
    foreign = next((p for p in there.permits if not live.is_own(p.binding)), None)
    permit = foreign or there.permits[0]
    known = offline.policy.role_of(permit.binding)
    in_file = any(_equal(permit.binding, binding) for binding in offline.policy.bindings)
    if known is not None and permit.rule not in offline.policy.rules(known) and in_file:
        return (
            f"{_kind_of_role(permit.binding)} was changed on the cluster: it also gives "
            f"{rule_wording.sentence([permit.rule])}"
        )
    whose = "which this stack did not make" if foreign else "which is not in this stack file"
    return f"it is given by {_named(permit.binding)}, {whose}"


def _missing(promise: Promise, request: Request, offline: ClusterPolicy, live: LivePolicy) -> str:
    """Why a request is not allowed on the cluster although the stack file gives it."""
    permit = offline.authorizer.decide(promise.user, request).permits[0]
    role = live.policy.role_of(permit.binding)
    if role is None:
        return f'{_kind_of_role(permit.binding)} is not on the cluster; run "pulumi up"'
    if not _has(live.policy.rules(role), permit.rule, request):
        return (
            f"{_kind_of_role(permit.binding)} was changed on the cluster: it does not give "
            f"{rule_wording.sentence([permit.rule])}"
        )
    return (
        f"no binding on the cluster gives {_kind_of_role(permit.binding)} to "
        f"{permit.subject.text}, as {permit.binding.name} says; run "
        '"pulumi up"'
    )


def _has(rules: tuple[PolicyRule, ...], rule: PolicyRule, request: Request) -> bool:
    return rule in rules or any(one.allows(request) for one in rules)


def _equal(one: Binding, other: Binding) -> bool:
    """Whether two bindings give the same role in the same place to a common subject."""
    return (one.role, one.namespace) == (other.role, other.namespace) and bool(
        {*one.subjects} & {*other.subjects}
    )


def _kind_of_role(binding: Binding) -> str:
    return f"{binding.role.kind} {binding.role.name}"


def _named(binding: Binding) -> str:
    if binding.namespace is None:
        return f"ClusterRoleBinding {binding.name} of {_kind_of_role(binding)}"
    return (
        f"RoleBinding {binding.name} in namespace {binding.namespace} of {_kind_of_role(binding)}"
    )
