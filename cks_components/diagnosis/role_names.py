"""Whether a cluster has what the roles of a stack name: verbs, API groups and resources."""

from __future__ import annotations

from collections.abc import Iterable

from cks_components.diagnosis.result import Result, fine, warning
from cks_components.rbac.known_names import KnownNames
from cks_components.rules import unknown_names
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import Located


def role_names(key: str, roles: Iterable[Located[RoleSettings]], known: KnownNames) -> list[Result]:
    """Look for each name of each rule; the nearest is named for one that the cluster does not have.

    Args:
        key: the cluster's, for messages.
        roles: those that the stack creates there.
        known: what the cluster serves.
    """
    subject = f"cluster {key}: rules of roles"
    found = [
        warning(
            subject,
            f"{path}.{place}: {problem}, so the rule gives nothing for it there; correct it, or "
            "install what serves it",
        )
        for path, role in roles
        for place, problem in unknown_names(role, known)
    ]
    return found or [fine(subject, "the cluster has every verb and resource that they name")]
