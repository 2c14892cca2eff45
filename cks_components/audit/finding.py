"""What an audit finds on a cluster that is not by its stack file."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from cks_components.rbac import escalation
from cks_components.rbac.policy import Binding
from cks_components.rbac.rule import ALL, PolicyRule

Kind = Literal[
    "foreign-binding",
    "changed-binding",
    "not-in-the-file",
    "old-name",
    "dangling-binding",
    "widened-role",
    "changed-role",
    "token-secret",
    "client-certificate",
    "admission-webhook",
    "cluster-webhook",
    "foreign-login",
]
FULL_CONTROL = "full control"
"""cluster-admin, every right by `*`, or the group `system:masters`."""
PATHS = (FULL_CONTROL, *dict.fromkeys(one.name for one in escalation.ESCALATIONS))
"""The ways to become an administrator, the shortest first."""


@dataclass(frozen=True, kw_only=True)
class AuditFinding:
    """Something on a cluster, whom it lets in, and what they get.

    Attributes:
        place: the object, such as `RoleBinding training/debug`.
        who: the subjects, each with its kind; for a webhook its server, for a login the issuer.
        what: what they get, or what is wrong.
        paths: those of `PATHS` that it opens.
        notes: what else a reviewer should know.
        binding: the binding with the subjects that are not by the stack; None for what is no binding.
    """

    kind: Kind
    place: str
    who: tuple[str, ...]
    what: str
    paths: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    binding: Binding | None = None

    @property
    def id(self) -> str:
        """By what a baseline knows it; the same on every cluster, and another for other contents."""
        text = "\n".join([self.kind, self.place, *self.who, self.what])
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def rank(self) -> tuple[int, bool, str, str]:
        """Sorts the shortest way to an administrator's rights first."""
        strongest = min((PATHS.index(path) for path in self.paths), default=len(PATHS))
        is_narrow = self.binding is not None and self.binding.namespace is not None
        return (strongest, is_narrow, self.kind, self.place)

    def __str__(self) -> str:
        """One line without the cluster and the id."""
        given = f"{', '.join(self.who)}: {self.what}" if self.who else self.what
        paths = f" [{', '.join(self.paths)}]" if self.paths else ""
        notes = "".join(f"; {note}" for note in self.notes)
        return f"{self.place}: {given}{paths}{notes}"


def place(binding: Binding) -> str:
    """Where a binding is, such as "RoleBinding training/debug"."""
    if binding.namespace is None:
        return f"ClusterRoleBinding {binding.name}"
    return f"RoleBinding {binding.namespace}/{binding.name}"


def paths(rules: Collection[PolicyRule]) -> tuple[str, ...]:
    """The ways to an administrator's rights that rules open, the shortest first."""
    if any(ALL in r.verbs and ALL in r.api_groups and ALL in r.resources for r in rules):
        return (FULL_CONTROL,)
    found = {one.name for one in escalation.included(rules)}
    return tuple(path for path in PATHS if path in found)
