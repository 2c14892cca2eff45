"""Matches the clusters of two versions of a stack file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cks_components.access.grants import Cluster


@dataclass(frozen=True)
class Pairing:
    """The clusters of two versions, side by side.

    Attributes:
        kept: the same cluster before and after, in the order of the earlier version.
        added: clusters that only the later version has.
        removed: clusters that only the earlier version has.
    """

    kept: tuple[tuple[Cluster, Cluster], ...]
    added: tuple[Cluster, ...]
    removed: tuple[Cluster, ...]


def pair(before: Sequence[Cluster], after: Sequence[Cluster]) -> Pairing:
    """Match each cluster by its id or its name at CoreWeave.

    A name and an id cannot be compared without asking the API; in that case an equal key decides.
    The same key with another id or another name is another cluster.
    """
    old, new = list(before), list(after)
    kept: list[tuple[Cluster, Cluster]] = []
    for is_same in (_key_and_reference, _reference, _key_alone):
        for one in tuple(old):
            other = next((c for c in new if is_same(one, c)), None)
            if other is not None:
                kept.append((one, other))
                old.remove(one)
                new.remove(other)
    kept.sort(key=lambda couple: before.index(couple[0]))
    return Pairing(tuple(kept), tuple(new), tuple(old))


def _key_and_reference(one: Cluster, other: Cluster) -> bool:
    return one.key == other.key and _reference(one, other)


def _reference(one: Cluster, other: Cluster) -> bool:
    if one.id is None or other.id is None:
        return one.name is not None and one.name == other.name
    return one.id.lower() == other.id.lower()


def _key_alone(one: Cluster, other: Cluster) -> bool:
    return one.key == other.key and (one.id is None) != (other.id is None)
