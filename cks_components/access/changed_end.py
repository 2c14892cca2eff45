"""Rights that two versions of a stack file grant, but until another time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cks_components.access.grants import Subject
from cks_components.access.rights import Right, Scope, scopes, strongest

Ends = Mapping[Right, datetime | None]
"""Rights, each with the time when it ends; None if it does not."""


@dataclass(frozen=True)
class ChangedEnd:
    """A scope that both versions grant, and that ends at another time.

    Attributes:
        cluster: the cluster's key in the later version.
        holder: the subject in the later version.
        before: when it ended in the earlier version; None for never.
        after: when it ends in the later version; None for never.
    """

    cluster: str
    holder: Subject
    scope: Scope
    before: datetime | None
    after: datetime | None

    @property
    def is_later(self) -> bool:
        """Whether the right stays longer than before."""
        return _is_later(self.before, self.after)


def latest(ends: Iterable[datetime | None]) -> datetime | None:
    """When a right ends that several entries give; None if one of them does not end."""
    found = list(ends)
    return None if None in found else max((end for end in found if end is not None), default=None)


def changed_ends(
    rights: Iterable[Right], had: Ends, has: Ends
) -> list[tuple[Scope, datetime | None, datetime | None]]:
    """The scopes that `had` and `has` both give until another time, with both times.

    A right that stays longer only because a greater one is gained is left out: the gain says it.

    Args:
        rights: those to look at.
        had: what one subject had.
        has: what it has.
    """
    gained = [right for right in has if not _giving(had, right)]
    found: dict[tuple[datetime | None, datetime | None], list[Right]] = {}
    for right in dict.fromkeys(rights):
        givers, now_givers = _giving(had, right), _giving(has, right)
        was, now = latest(map(had.__getitem__, givers)), latest(map(has.__getitem__, now_givers))
        is_by_gain = any(one in gained and has[one] == now for one in now_givers)
        if givers and now_givers and was != now and not (_is_later(was, now) and is_by_gain):
            found.setdefault((was, now), []).append(right)
    return [
        (scope, was, now)
        for (was, now), changed in found.items()
        for scope in scopes(strongest(changed))
    ]


def _giving(held: Ends, right: Right) -> list[Right]:
    return [one for one in held if one.covers(right)]


def _is_later(before: datetime | None, after: datetime | None) -> bool:
    return before is not None and (after is None or after > before)
