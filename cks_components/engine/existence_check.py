"""Asks clusters whether the roles and namespaces of bindings and pipelines exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cks_components import rules
from cks_components.api.concurrent_calls import called_for_each
from cks_components.api.errors import CksError, ForbiddenError
from cks_components.api.retry import READ_DEADLINE_SECONDS
from cks_components.engine.provider_call import connected_to
from cks_components.kubernetes.address import Address
from cks_components.kubernetes.client import KubernetesClient
from cks_components.kubernetes.labels import MANAGED_BY
from cks_components.rbac.policy import role_from
from cks_components.rules import Context, Entry, Finding, Level
from cks_components.rules.existence import PresentRole
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import Located

_PREVIEW_SECONDS = 5.0
"""A preview may run without a network, and goes on without an answer."""
_RIGHT = '; its owner needs the verb "list" on namespaces, clusterroles and roles there'


@dataclass(frozen=True, kw_only=True)
class ExpectedEntries:
    """What a program wants to find on one cluster.

    Attributes:
        path: the cluster's place in the stack file.
        cluster: its name in messages.
        managed: the address of its managed server.
        entries: those of bindings and pipelines.
        roles: those that the program creates there; without any of the two the cluster is not asked.
    """

    path: str
    cluster: str
    managed: Address
    entries: Sequence[Located[Entry]]
    roles: Sequence[Located[RoleSettings]] = ()


def findings(
    wants: Sequence[ExpectedEntries], context: Context, *, is_preview: bool
) -> list[Finding]:
    """Look everything up, several clusters at a time; all findings at once, in their order.

    If a cluster cannot be asked, an update is refused. A preview says so and goes on.
    """
    asked = [want for want in wants if want.entries or want.roles]
    seconds = _PREVIEW_SECONDS if is_preview else READ_DEADLINE_SECONDS

    def ask(want: ExpectedEntries) -> list[Finding]:
        try:
            return _missing(want, context, seconds)
        except CksError as error:
            return [_unknown(want, error, is_preview=is_preview)]

    return [finding for found in called_for_each(ask, asked) for finding in found]


def _missing(want: ExpectedEntries, context: Context, seconds: float) -> list[Finding]:
    with connected_to(want.managed) as client:
        return rules.presence_findings(
            want.entries,
            context,
            cluster=want.cluster,
            namespaces=client.namespaces(deadline_seconds=seconds),
            present=list(_present(want, client, seconds)),
            own=want.roles,
        )


def _present(
    want: ExpectedEntries, client: KubernetesClient, seconds: float
) -> Iterator[PresentRole]:
    """The roles on a cluster; its Roles only where they matter."""
    needs_roles = any(entry.role_ref.kind == "Role" for _, entry in want.entries) or any(
        role.ref.kind == "Role" for _, role in want.roles
    )
    for kind in ("clusterroles", "roles") if needs_roles else ("clusterroles",):
        for manifest in client.policy_objects(kind, deadline_seconds=seconds):
            role = role_from(manifest)
            is_ours = role.labels.items() >= MANAGED_BY.items()
            yield PresentRole(role.namespace, role.name, is_ours)


def _unknown(want: ExpectedEntries, error: CksError, *, is_preview: bool) -> Finding:
    return Finding(
        level=Level.INFORMATION if is_preview else Level.ERROR,
        path=want.path,
        text="cannot check whether the named namespaces and roles exist on cluster "
        f"{want.cluster}: {error}{_RIGHT if isinstance(error, ForbiddenError) else ''}",
        of_cluster=(want.cluster, want.managed.server),
    )
