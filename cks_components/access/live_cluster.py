"""What a cluster itself says: who may do what, and its roles and bindings."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cks_components.api.errors import CksError, ForbiddenError
from cks_components.api.retry import READ_DEADLINE_SECONDS
from cks_components.kubernetes.answers import AccessReview
from cks_components.kubernetes.client import KubernetesClient, PolicyKind
from cks_components.kubernetes.labels import MANAGED_BY
from cks_components.kubernetes.user import User
from cks_components.rbac.built_in import Resource
from cks_components.rbac.known_names import KnownNames
from cks_components.rbac.policy import Binding, Policy, binding_from, role_from
from cks_components.rbac.rule import Request, UrlRequest

_AT_ONCE = 8
_ROLES: tuple[PolicyKind, ...] = ("clusterroles", "roles")
_BINDINGS: tuple[PolicyKind, ...] = ("clusterrolebindings", "rolebindings")
Question = tuple[User, Request]


@dataclass(frozen=True)
class LivePolicy:
    """The roles and bindings on a cluster.

    Attributes:
        own: the namespace and name of each binding that this program made, by its label.
    """

    policy: Policy
    own: frozenset[tuple[str | None, str]]

    def is_own(self, binding: Binding) -> bool:
        """Whether this program made a binding."""
        return (binding.namespace, binding.name) in self.own


def read_policy(
    client: KubernetesClient, *, deadline_seconds: float = READ_DEADLINE_SECONDS
) -> LivePolicy | None:
    """The roles and bindings; None if the token's owner may not list them.

    Args:
        client: of the cluster's managed server.
        deadline_seconds: for each of the four lists.

    Raises:
        CksError: the cluster does not answer, or answers something else.
    """

    def listed(kinds: Iterable[PolicyKind]) -> list[dict[str, Any]]:
        return [
            manifest
            for kind in kinds
            for manifest in client.policy_objects(kind, deadline_seconds=deadline_seconds)
        ]

    try:
        roles = [role_from(manifest) for manifest in listed(_ROLES)]
        bindings = listed(_BINDINGS)
    except ForbiddenError:
        return None
    own = [
        (m["metadata"].get("namespace"), m["metadata"]["name"])
        for m in bindings
        if (m["metadata"].get("labels") or {}).items() >= MANAGED_BY.items()
    ]
    return LivePolicy(Policy(roles, map(binding_from, bindings)), frozenset(own))


def known_names(client: KubernetesClient, cluster: str) -> KnownNames:
    """The verbs and resources that a cluster serves.

    Raises:
        CksError: it does not answer, or answers something else.
    """
    served = [
        Resource(r["group"], r["name"], r["namespaced"], tuple(r["verbs"]))
        for r in client.served_resources()
    ]
    return KnownNames(served, version=f"cluster {cluster}")


def ask(client: KubernetesClient, questions: Iterable[Question]) -> dict[Question, AccessReview]:
    """What the cluster's authorizers decide, several questions at a time, each once.

    Raises:
        CksError: a question could not be asked.
    """
    distinct = list(dict.fromkeys(questions))

    def one(question: Question) -> AccessReview | CksError:
        user, request = question
        try:
            return client.review_access(user.name, user.groups, _attributes(request))
        except CksError as error:
            return error

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        answers = list(pool.map(one, distinct))
    failure = next((answer for answer in answers if isinstance(answer, CksError)), None)
    if failure is not None:
        raise failure
    return {
        question: answer
        for question, answer in zip(distinct, answers, strict=True)
        if isinstance(answer, AccessReview)
    }


def _attributes(request: Request) -> dict[str, dict[str, str]]:
    """The attributes of a SubjectAccessReview."""
    if isinstance(request, UrlRequest):
        return {"nonResourceAttributes": {"path": request.path, "verb": request.verb}}
    return {"resourceAttributes": {key: value for key, value in vars(request).items() if value}}
