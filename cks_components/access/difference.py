"""The rights that subjects gain and lose between two versions of a stack file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cks_components.access import login_change
from cks_components.access.cluster_matching import Pairing, pair
from cks_components.access.grants import Access, Cluster, Kind, Subject
from cks_components.access.login_change import LogInChange
from cks_components.access.rights import Right, Scope, surplus

_Key = tuple[Kind, str, bool]
_Rights = dict[_Key, tuple[Subject, frozenset[Right]]]


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
    """

    before: Access
    after: Access
    clusters: Pairing
    log_in: tuple[LogInChange, ...]
    renamed: tuple[Renamed, ...]
    gains: tuple[Change, ...]
    losses: tuple[Change, ...]

    @property
    def is_identity_removed(self) -> bool:
        """Whether the stack had an identity provider and no longer has one."""
        return self.after.oidc.is_unset and not self.before.oidc.is_unset

    def changed_roles(self) -> list[tuple[Access, str, str]]:
        """The role of each gain and loss, with its version and cluster; once if it is in both."""
        gained = [(self.after, change.cluster, change.scope.role) for change in self.gains]
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
    renamed: set[Renamed] = set()
    for old, new in pairs:
        had = _rights(before, old, by_name=by_name, with_ended=True)
        has = _rights(after, new, by_name=by_name)
        if new is not None:
            gains += _changes(new.key, has, _with_bases(had, before, old))
        if old is not None:
            losses += _changes(old.key, had, _with_bases(has, after, new))
        renamed |= _renamed(had, has)
    return Difference(
        before,
        after,
        clusters,
        login_change.changes(before.oidc, after.oidc) if by_name else (),
        tuple(sorted(renamed, key=lambda r: (r.after.kind, r.after.name))),
        _in_order(gains, after),
        _in_order(losses, before),
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
            _, rights = found.get(key, (holder, frozenset()))
            found[key] = (holder, rights | grant.rights)
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
    return {
        key: (holder, held | {Right(bases[r.role], r.namespace) for r in held if r.role in bases})
        for key, (holder, held) in rights.items()
    }


def _changes(cluster: str, these: _Rights, those: _Rights) -> list[Change]:
    return [
        Change(cluster, holder, scope, remainder)
        for key, (holder, rights) in these.items()
        for scope, remainder in surplus(rights, those[key][1] if key in those else ())
    ]


def _renamed(had: _Rights, has: _Rights) -> set[Renamed]:
    couples = ((had[key][0], has[key][0]) for key in had.keys() & has.keys())
    return {Renamed(old, new) for old, new in couples if old.subject != new.subject}


def _in_order(changes: Sequence[Change], version: Access) -> tuple[Change, ...]:
    place = {cluster.key: index for index, cluster in enumerate(version.clusters)}

    def order(change: Change) -> tuple[int, bool, Kind, str]:
        holder = change.holder
        return (place[change.cluster], not holder.is_bound_by_cks, holder.kind, holder.subject)

    return tuple(sorted(changes, key=order))
