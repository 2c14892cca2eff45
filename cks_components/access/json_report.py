"""Access and differences as plain data, for programs; the keys are those of the stack file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from cks_components.access import review_flags, role_legend
from cks_components.access.changed_end import ChangedEnd
from cks_components.access.difference import Change, Difference
from cks_components.access.grants import Access, Grant, Subject
from cks_components.access.quoted_text import spoken
from cks_components.access.rights import Scope
from cks_components.stack_file.moment import moment_text


def of_access(stack: str, access: Access) -> dict[str, Any]:
    """Every grant, and the meaning of every role that occurs."""
    grants = [of_grant(g) for g in access.grants]
    found = ((access, grant.cluster, grant.scope.role) for grant in access.grants)
    ended = {"ended": [of_grant(g) for g in access.ended]} if access.ended else {}
    return {"stack": stack, "grants": grants, **ended, "roles": _meanings(found)}


def of_grant(grant: Grant) -> dict[str, Any]:
    """One role for one subject on one cluster."""
    who, what = _holder(grant.holder), _scope(grant.scope)
    until = {"until": moment_text(grant.until)} if grant.until else {}
    reason = {"reason": grant.reason} if grant.reason else {}
    return {"cluster": grant.cluster, **who, **what, "source": grant.source, **until, **reason}


def of_difference(stack: str, base: str, difference: Difference) -> dict[str, Any]:
    """Gains, losses, changed ends, changed names, changed clusters, the changed login, and the flags."""
    clusters = difference.clusters
    gains, losses = difference.gains, difference.losses
    return {
        "stack": stack,
        "base": base,
        "flags": [
            {"flag": f.kind, "clusters": list(f.clusters), "text": spoken(f.text, '"{}"'.format)}
            for f in review_flags.raised(difference)
        ],
        "gains": [_change(gain) | {"had": _scopes(gain.remainder)} for gain in gains],
        "losses": [_change(loss) | {"keeps": _scopes(loss.remainder)} for loss in losses],
        "ends": [_changed_end(end) for end in difference.ends],
        "renamed": [
            {
                "kind": r.after.kind,
                "name": r.after.name,
                "before": r.before.subject,
                "after": r.after.subject,
            }
            for r in difference.renamed
        ],
        "logIn": [
            {"leaf": c.leaf, "before": c.before, "after": c.after} for c in difference.log_in
        ],
        "clusters": {
            "added": [cluster.key for cluster in clusters.added],
            "removed": [cluster.key for cluster in clusters.removed],
        },
        "roles": _meanings(difference.changed_roles()),
    }


def _changed_end(end: ChangedEnd) -> dict[str, Any]:
    """One right that stays, with its ends; null if it never ends."""
    before, after = (moment_text(at) if at else None for at in (end.before, end.after))
    return _change(end) | {"before": before, "after": after}


def _change(change: Change | ChangedEnd) -> dict[str, Any]:
    return {"cluster": change.cluster, **_holder(change.holder), **_scope(change.scope)}


def _holder(holder: Subject) -> dict[str, Any]:
    return {
        "kind": holder.kind,
        "subject": holder.subject,
        "name": holder.name,
        "boundBy": "adminGroupBinding" if holder.is_bound_by_cks else "binding",
    }


def _scope(scope: Scope) -> dict[str, Any]:
    places = "*" if scope.namespaces is None else list(scope.namespaces)
    kind, _, role = scope.role.rpartition("/")
    return {"role" if kind else "clusterRole": role, "namespaces": places}


def _scopes(found: Iterable[Scope]) -> list[dict[str, Any]]:
    return [_scope(scope) for scope in found]


def _meanings(used: Iterable[tuple[Access, str, str]]) -> dict[str, dict[str, str]]:
    return {entry.label: asdict(entry.meaning) for entry in role_legend.entries(used)}
