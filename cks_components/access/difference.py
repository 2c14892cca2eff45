"""The rights that subjects gain and lose between two versions of a stack file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from cks_components.access import login_change
from cks_components.access.changed_end import ChangedEnd, Ends, changed_ends, latest
from cks_components.access.cluster_matching import Pairing, pair
from cks_components.access.grants import Access, Cluster, Kind, Subject
from cks_components.access.login_change import LogInChange
from cks_components.access.rights import Right, Scope, surplus

_Key = tuple[Kind, str, bool]
_Rights = dict[_Key, tuple[Subject, Ends]]


@dataclass(frozen=True)
class Change:
    """A scope that one version grants and the other does not.

    Attributes:
        cluster: the cluster's key in the version that grants it.
        holder: the subject in the version that grants it.
        remainder: the part of it that the other version grants too: the part of a gain that was
            there before, or the part of a loss that is kept.
    """

    cluster: str
    holder: Subject
    scope: Scope
    remainder: tuple[Scope, ...]


_C = TypeVar("_C", Change, ChangedEnd)


@dataclass(frozen=True)
class Renamed:
    """A subject with rights in both versions, but with another name at kube-apiserver."""

    before: Subject
    after: Subject


@dataclass(frozen=True)
class Difference:
    """Two versions of a stack file, compared.

    Attributes:
        log_in: changed leaves of the identity provider; empty if one version has no provider.
        renamed: each subject once, on however many clusters it has rights.
        ends: the rights that both grant, but until another time.
    """

    before: Access
    after: Access
    clusters: Pairing
    log_in: tuple[LogInChange, ...]
    renamed: tuple[Renamed, ...]
    gains: tuple[Change, ...]
    losses: tuple[Change, ...]
    ends: tuple[ChangedEnd, ...]

    @property
    def is_identity_removed(self) -> bool:
        """Whether the stack had an identity provider and no longer has one."""
        return self.after.oidc.is_unset and not self.before.oidc.is_unset

    def changed_roles(self) -> list[tuple[Access, str, str]]:
        """The role of each change, with its version and cluster; once if it is in both."""
        given: list[Change | ChangedEnd] = [*self.gains, *self.ends]
        gained = [(self.after, change.cluster, change.scope.role) for change in given]
        known = {(cluster, role) for _, cluster, role in gained}
        lost = [(self.before, change.cluster, change.scope.role) for change in self.losses]
        return [*gained, *(one for one in lost if one[1:] not in known)]

    @property
    def is_identity_added(self) -> bool:
        """Whether the stack has an identity provider and had none."""
        return self.before.oidc.is_unset and not self.after.oidc.is_unset


def compare(before: Access, after: Access) -> Difference:
    """Compare what two versions of a stack file grant, cluster by cluster.

    What has ended counts as granted before, and as lost: only an update takes it away.

    Users and groups are the same if they have the same kind and the same name at the identity
    provider, whatever their prefix. If one version has no provider, their subjects are compared.
    """
    clusters = pair(before.clusters, after.clusters)
    by_name = not before.oidc.is_unset and not after.oidc.is_unset
    pairs: list[tuple[Cluster | None, Cluster | None]] = [
        *clusters.kept,
        *((cluster, None) for cluster in clusters.removed),
        *((None, cluster) for cluster in clusters.added),
    ]
    gains: list[Change] = []
    losses: list[Change] = []
    ends: list[ChangedEnd] = []
    renamed: set[Renamed] = set()
    for old, new in pairs:
        had = _rights(before, old, by_name=by_name, with_ended=True)
        has = _rights(after, new, by_name=by_name)
        all_had, all_has = _with_bases(had, before, old), _with_bases(has, after, new)
        if new is not None:
            gains += _changes(new.key, has, all_had)
            ends += _changed_ends(new.key, (had, has), all_had, all_has)
        if old is not None:
            losses += _changes(old.key, had, all_has)
        renamed |= _renamed(had, has)
    return Difference(
        before,
        after,
        clusters,
        login_change.changes(before.oidc, after.oidc) if by_name else (),
        tuple(sorted(renamed, key=lambda r: (r.after.kind, r.after.name))),
        _in_order(gains, after),
        _in_order(losses, before),
        _in_order(ends, after),
    )


def _rights(
    version: Access, cluster: Cluster | None, *, by_name: bool, with_ended: bool = False
) -> _Rights:
    found: _Rights = {}
    for grant in (*version.grants, *(version.ended if with_ended else ())):
        if cluster is not None and grant.cluster == cluster.key:
            holder = grant.holder
            name = holder.name if by_name else holder.subject
            key = (holder.kind, name, holder.is_bound_by_cks)
            _, ends = found.get(key, (holder, {}))
            found[key] = (holder, _merged(ends, dict.fromkeys(grant.rights, grant.until)))
    return found


def _with_bases(rights: _Rights, version: Access, cluster: Cluster | None) -> _Rights:
    """The rights, and those of the roles that the stack's own roles extend."""
    if cluster is None:
        return rights
    bases = {
        own.ref.text: str(own.extends)
        for key, own in version.roles
        if key == cluster.key and own.extends
    }
    found: _Rights = {}
    for key, (holder, held) in rights.items():
        extended = {Right(bases[r.role], r.namespace): held[r] for r in held if r.role in bases}
        found[key] = (holder, _merged(held, extended))
    return found


def _merged(these: Ends, those: Ends) -> Ends:
    """The rights of both, each until the later of its ends."""
    common = {right: latest((these[right], those[right])) for right in these.keys() & those.keys()}
    return {**these, **those, **common}


def _changes(cluster: str, these: _Rights, those: _Rights) -> list[Change]:
    return [
        Change(cluster, holder, scope, remainder)
        for key, (holder, rights) in these.items()
        for scope, remainder in surplus(rights, those[key][1] if key in those else ())
    ]


def _changed_ends(
    cluster: str, versions: tuple[_Rights, _Rights], had: _Rights, has: _Rights
) -> list[ChangedEnd]:
    """The changed ends of the rights in either version; `had` and `has` include their bases."""
    return [
        ChangedEnd(cluster, holder, *changed)
        for key, (holder, held) in has.items()
        if key in had
        for changed in changed_ends(
            [right for rights in versions for right in rights[key][1]], had[key][1], held
        )
    ]


def _renamed(had: _Rights, has: _Rights) -> set[Renamed]:
    couples = ((had[key][0], has[key][0]) for key in had.keys() & has.keys())
    return {Renamed(old, new) for old, new in couples if old.subject != new.subject}


def _in_order(changes: Sequence[_C], version: Access) -> tuple[_C, ...]:
    place = {cluster.key: index for index, cluster in enumerate(version.clusters)}

    def order(change: _C) -> tuple[int, bool, Kind, str]:
        holder = change.holder
        return (place[change.cluster], not holder.is_bound_by_cks, holder.kind, holder.subject)

    return tuple(sorted(changes, key=order))
