"""Whether the bindings of a stack file are on a cluster, under the names that a login gives there."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cks_components.access.live_policy import LivePolicy
from cks_components.diagnosis.result import Result, fine, warning, wrong
from cks_components.rbac.policy import Binding, Subject


def bindings(key: str, wanted: Iterable[Binding], live: LivePolicy | None) -> list[Result]:
    """Look for each subject of each binding; names are compared byte for byte, as RBAC does.

    Args:
        key: the cluster's, for messages.
        wanted: those of the stack file, with the prefixes of the cluster's live block.
        live: the roles and bindings on the cluster; None if the token's owner may not list them.
    """
    subject = f"cluster {key}: bindings"
    if live is None:
        return [warning(subject, "not checked: the token's owner may not list roles and bindings")]
    missing = [
        wrong(subject, _missing(one, who, there))
        for one in wanted
        for there in [_bound(live, one)]
        for who in one.subjects
        if who not in there
    ]
    return missing or [
        fine(subject, "those of the stack file are there, under the names of logins")
    ]


def _bound(live: LivePolicy, wanted: Binding) -> set[Subject]:
    """Who has the role on the cluster, in the same place."""
    place = (wanted.role, wanted.namespace)
    return {s for b in live.policy.bindings if (b.role, b.namespace) == place for s in b.subjects}


def _missing(wanted: Binding, who: Subject, there: Collection[Subject]) -> str:
    where = "cluster wide" if wanted.namespace is None else f"in namespace {wanted.namespace}"
    found = (
        f'{wanted.name}: {who.kind} "{_name(who)}" has no binding to {wanted.role.kind} '
        f"{wanted.role.name} {where}"
    )
    near = sorted(s.name for s in there if s.kind == who.kind and _is_near(s.name, who.name))
    if near:
        names = " and ".join(f'"{name}"' for name in near)
        found += (
            f"; {names} has one, but names are compared byte for byte, and with the cluster's block "
            f'a login gives "{who.name}"'
        )
    return f'{found}. Run "pulumi up --refresh"'


def _is_near(one: str, other: str) -> bool:
    """Whether two names differ by case or by a prefix only."""
    short, long = sorted((one.casefold(), other.casefold()), key=len)
    bare = short.rpartition(":")[2].rpartition("#")[2]
    return long.endswith(bare) and bool(bare)


def _name(who: Subject) -> str:
    return f"{who.namespace}/{who.name}" if who.namespace else who.name
