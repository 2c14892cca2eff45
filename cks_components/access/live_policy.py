"""What decides on a cluster itself: its roles and bindings, and the answers of its authorizers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cks_components.api.concurrent_calls import called_for_each
from cks_components.api.errors import ForbiddenError
from cks_components.api.retry import READ_DEADLINE_SECONDS
from cks_components.kubernetes.answers import AccessReview
from cks_components.kubernetes.client import KubernetesClient, PolicyKind
from cks_components.kubernetes.labels import MANAGED_BY
from cks_components.kubernetes.user import User
from cks_components.rbac.built_in import resource_from
from cks_components.rbac.known_names import KnownNames
from cks_components.rbac.policy import Binding, Policy, binding_from, role_from
from cks_components.rbac.rule import Request, UrlRequest

_ROLES: tuple[PolicyKind, ...] = ("clusterroles", "roles")
_BINDINGS: tuple[PolicyKind, ...] = ("clusterrolebindings", "rolebindings")
UserRequest = tuple[User, Request]


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


def is_own(labels: Mapping[str, str]) -> bool:
    """Whether this program made an object with these labels."""
    return labels.items() >= MANAGED_BY.items()


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
        if is_own(m["metadata"].get("labels") or {})
    ]
    return LivePolicy(Policy(roles, map(binding_from, bindings)), frozenset(own))


def known_names(client: KubernetesClient, cluster: str) -> KnownNames:
    """The verbs and resources that a cluster serves.

    Raises:
        CksError: it does not answer, or answers something else.
    """
    served = [resource_from(resource) for resource in client.served_resources()]
    return KnownNames(served, version=f"cluster {cluster}")


def ask(
    client: KubernetesClient, requests: Iterable[UserRequest]
) -> dict[UserRequest, AccessReview]:
    """What the cluster's authorizers decide, several requests at a time, each once.

    Raises:
        CksError: it could not be asked about one of them.
    """
    distinct = list(dict.fromkeys(requests))

    def one(request: UserRequest) -> AccessReview:
        user, wanted = request
        return client.review_access(user.name, user.groups, _attributes(wanted))

    return dict(zip(distinct, called_for_each(one, distinct), strict=True))


def _attributes(request: Request) -> dict[str, dict[str, str]]:
    """The attributes of a SubjectAccessReview."""
    if isinstance(request, UrlRequest):
        return {"nonResourceAttributes": {"path": request.path, "verb": request.verb}}
    return {"resourceAttributes": {key: value for key, value in vars(request).items() if value}}
