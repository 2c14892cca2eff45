"""Rights (a role in one place), and how sets of rights compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cks_components.access import role_meaning


@dataclass(frozen=True)
class Right:
    """A role in one namespace, or cluster wide (None), which includes every namespace."""

    role: str
    namespace: str | None

    def covers(self, other: Right) -> bool:
        """Whether a holder of this right also has the other."""
        return self.namespace in (None, other.namespace) and role_meaning.covers(
            self.role, other.role
        )

    def common(self, other: Right) -> Right | None:
        """The greatest right that both cover; None if they are not known to share any."""
        role = role_meaning.common(self.role, other.role)
        here, there = self.namespace, other.namespace
        if role is None or (here is not None and there is not None and here != there):
            return None
        return Right(role, there if here is None else here)


@dataclass(frozen=True)
class Scope:
    """A role in some namespaces, sorted, or cluster wide (None).

    Attributes:
        role: a ClusterRole by its name, and a Role as `role/NAME`.
    """

    role: str
    namespaces: tuple[str, ...] | None


def strongest(rights: Iterable[Right]) -> frozenset[Right]:
    """The rights that no other right in the set covers; the others add nothing to these."""
    given = frozenset(rights)
    return frozenset(r for r in given if not any(o.covers(r) for o in given - {r}))


def surplus(
    these: Iterable[Right], those: Iterable[Right]
) -> list[tuple[Scope, tuple[Scope, ...]]]:
    """The scopes that `these` give and `those` do not, strongest first.

    Each comes with the part of it that `those` give as well: `edit` everywhere compared with `edit`
    in one namespace is `edit` everywhere, with `edit` in that namespace as the shared part.
    """
    others = strongest(those)
    shared = {
        right: strongest(c for o in others if (c := right.common(o)) is not None)
        for right in strongest(these)
        if not any(other.covers(right) for other in others)
    }
    rows: dict[tuple[str, bool, frozenset[str]], list[Right]] = {}
    for right, parts in shared.items():
        # What a right in a namespace shares is in that namespace, so the roles identify it.
        same = frozenset(part.role for part in parts)
        rows.setdefault((right.role, right.namespace is None, same), []).append(right)
    found = [
        (_scope(role, rights), scopes(part for right in rights for part in shared[right]))
        for (role, _, _), rights in rows.items()
    ]
    return sorted(
        found, key=lambda row: (role_meaning.strength(row[0].role), row[0].namespaces or ())
    )


def scopes(rights: Iterable[Right]) -> tuple[Scope, ...]:
    """The rights grouped by role, strongest first, with the namespaces of each role."""
    by_role: dict[str, list[Right]] = {}
    for right in rights:
        by_role.setdefault(right.role, []).append(right)
    return tuple(_scope(role, by_role[role]) for role in sorted(by_role, key=role_meaning.strength))


def _scope(role: str, rights: Iterable[Right]) -> Scope:
    places = {right.namespace for right in rights}
    return Scope(role, None if None in places else tuple(sorted(p for p in places if p)))
