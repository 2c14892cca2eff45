"""Phrases for subjects, roles and places, the same for a terminal and for a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from cks_components.access.changed_end import latest
from cks_components.access.difference import Change
from cks_components.access.grants import Access, Grant, Subject
from cks_components.access.quoted_text import Name, Phrase, listed
from cks_components.access.rights import Scope
from cks_components.stack_file.moment import moment_text

_MANY = 4
"""From this number on, "all clusters" replaces the list of clusters."""
_COUNTED = 10
"""From this number on, a list of clusters begins with the number."""

T = TypeVar("T")


def who(holder: Subject) -> Phrase:
    """The subject's name at kube-apiserver, and its name at the provider if that differs."""
    subject: Phrase = (f"{holder.kind} ", Name(holder.subject))
    if holder.is_bound_by_cks:
        return (*subject, " (adminGroupBinding)")
    return subject if holder.name == holder.subject else (*subject, " (", Name(holder.name), ")")


def where(scope: Scope) -> Phrase:
    """The namespaces, or "cluster wide"."""
    return ("cluster wide",) if scope.namespaces is None else listed(scope.namespaces)


def end(grants: Iterable[Grant], ended: Iterable[Grant] = ()) -> Phrase:
    """When a right ends that these grants give, as the end of a phrase; empty if it stays.

    Args:
        grants: those in force.
        ended: those that are over.
    """
    given, over = list(grants), list(ended)
    last = latest(grant.until for grant in given or over)
    return (f", {'until' if given else 'ended'} {moment_text(last)}",) if last else ()


def end_of(change: Change, version: Access) -> Phrase:
    """When the right of a change ends in the version that grants it; empty if it stays."""
    given, ended = (
        [grant for grant in grants if _overlap(grant.scope, change.scope)]
        for grants in version.giving(change.cluster, change.holder, change.scope.role)
    )
    return end(given, ended)


def _overlap(one: Scope, other: Scope) -> bool:
    """Whether both are given in some place."""
    if one.namespaces is None or other.namespaces is None:
        return one.namespaces is None  # a change cluster wide is by a grant cluster wide
    return not set(one.namespaces).isdisjoint(other.namespaces)


def moment(end: datetime | None) -> str:
    """A time, or "never"."""
    return "never" if end is None else moment_text(end)


def what(scope: Scope) -> Phrase:
    """The role and where it is given."""
    link = " " if scope.namespaces is None else " in "
    return (Name(scope.role), link, *where(scope))


def value(text: str | None) -> Phrase:
    """A value of the stack file, or "none"."""
    return ("none",) if text is None else (Name(text),)


def remainder(change: Change) -> Phrase:
    """The part of a change that the other version grants too, or "nothing"."""
    found: list[str | Name] = []
    for scope in change.remainder:
        found += ["; "] if found else []
        is_same_place = scope.namespaces == change.scope.namespaces
        found += [Name(scope.role), " there"] if is_same_place else what(scope)
    return tuple(found) or ("nothing",)


def clusters(keys: Sequence[str], version: Access) -> Phrase:
    """The clusters by name, from ten on with their number; "all N" if a version has many and all."""
    every = {cluster.key for cluster in version.clusters}
    is_all = len(every) >= _MANY and every == set(keys)
    if is_all:
        return (f"all {len(every)} clusters",)
    return listed(keys) if len(keys) < _COUNTED else (f"{len(keys)} clusters (", *listed(keys), ")")


def together(rows: Iterable[tuple[str, T]]) -> dict[T, list[str]]:
    """The clusters with equal rows, in the order of their first cluster."""
    found: dict[T, list[str]] = {}
    for cluster, row in rows:
        found.setdefault(row, []).append(cluster)
    return found
