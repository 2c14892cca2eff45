"""Who has which role where, as the cells of a matrix, with why, and how it differs from a base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cks_components.access.difference import Difference
from cks_components.access.grants import Access, Grant
from cks_components.stack_file.moment import moment_text

State = Literal["same", "gained", "lost", "ended", "foreign"]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One role of one subject in one place.

    Attributes:
        cluster: the cluster's key.
        namespace: empty for the whole cluster.
        subject: its kind and its name at kube-apiserver.
        known_as: its name at the identity provider, if that is another one.
        role: a ClusterRole by its name, and a Role as `role/NAME`.
        base: the role of every cluster that the role extends; else the role itself.
        why: the entries and bindings that give it.
        state: how it differs from the base; `foreign` is not made by the stack.
    """

    cluster: str
    namespace: str
    subject: str
    known_as: str
    role: str
    base: str
    why: tuple[str, ...]
    state: State = "same"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What two versions of a cell have in common."""
        return (self.cluster, self.namespace, self.subject, self.role)


def of_access(access: Access) -> list[Cell]:
    """Everything that a stack file grants, what has ended included."""
    ended = _together(_cells(access, access.ended))
    return [
        *_together(_cells(access, access.grants)).values(),
        *(replace(cell, state="ended") for cell in ended.values()),
    ]


def of_difference(difference: Difference) -> list[Cell]:
    """What both versions grant, what is gained and what is lost.

    A subject under another name at kube-apiserver is another one here.
    """
    before, after = difference.before, difference.after
    names = {old.key: new.key for old, new in difference.clusters.kept}
    had = _together(
        replace(cell, cluster=names.get(cell.cluster, cell.cluster))
        for cell in _cells(before, (*before.grants, *before.ended))
    )
    has = _together(_cells(after, after.grants))
    return [
        *(replace(c, state="same" if key in had else "gained") for key, c in has.items()),
        *(replace(c, state="lost") for key, c in had.items() if key not in has),
    ]


def _cells(version: Access, grants: Iterable[Grant]) -> Iterator[Cell]:
    for grant in grants:
        holder = grant.holder
        reason = f": {grant.reason}" if grant.reason else ""
        end = f", until {moment_text(grant.until)}" if grant.until else ""
        for place in grant.scope.namespaces or ("",):
            yield Cell(
                cluster=grant.cluster,
                namespace=place,
                subject=f"{holder.kind} {holder.subject}",
                known_as=holder.name if holder.name != holder.subject else "",
                role=grant.scope.role,
                base=version.base_role(grant.cluster, grant.scope.role),
                why=(f"{grant.source}{end}{reason}",),
            )


def _together(cells: Iterable[Cell]) -> Mapping[tuple[str, str, str, str], Cell]:
    """Each cell once, with everything that gives it."""
    found: dict[tuple[str, str, str, str], Cell] = {}
    for cell in cells:
        known = found.get(cell.key)
        found[cell.key] = replace(cell, why=(*known.why, *cell.why)) if known else cell
    return found
