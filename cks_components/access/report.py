"""Reports about access, with the most important part first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cks_components.access import review_flags, role_legend, wording
from cks_components.access.changed_end import ChangedEnd
from cks_components.access.difference import Change, Difference
from cks_components.access.grants import Access, Grant
from cks_components.access.quoted_text import Name, Phrase
from cks_components.access.role_change import role_changes
from cks_components.kubernetes import subject_names

_NO_CHANGE = "nobody gains or loses rights"


@dataclass(frozen=True)
class Table:
    """Rows below a header; none of it is markup."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Phrase, ...], ...]


@dataclass(frozen=True)
class Report:
    """A report, independent of the output format.

    Attributes:
        stack: the stack's name.
        warnings: what must not be overlooked, the most serious first.
        tables: only tables with rows.
        roles: the roles that occur, each with its meaning.
    """

    stack: str
    title: Phrase
    summary: Phrase
    warnings: tuple[Phrase, ...]
    tables: tuple[Table, ...]
    roles: tuple[Phrase, ...]


def of_access(stack: str, access: Access, doubts: Sequence[Phrase] = ()) -> Report:
    """The access that one version of a stack file grants.

    Args:
        stack: the stack's name.
        access: what is granted.
        doubts: reasons why it may be incomplete or wrong.
    """
    return Report(
        stack,
        ("Access by ", Name(stack)),
        _log_in(access) if access.grants else (*_log_in(access), "; no access is granted"),
        (*doubts, *_doubts(access)),
        _filled(
            _granted_table("", access, access.grants),
            _granted_table('Ended, and taken away by the next "pulumi up"', access, access.ended),
        ),
        _legend((access, grant.cluster, grant.scope.role) for grant in access.grants),
    )


def of_deletion(stack: str, base: Phrase, access: Access) -> Report:
    """The access that a stack file granted, in the version called `base`, before it was deleted.

    Deleting the file takes nothing from anybody: only a destroy of the stack does.
    """
    subjects = len({grant.holder for grant in access.grants})
    holders = {0: "nobody has", 1: "1 subject has"}.get(subjects, f"{subjects} subjects have")
    return Report(
        stack,
        ("Access by ", Name(stack), ", whose file is deleted, as of ", *base),
        (f"{holders} access by it to {_clusters(len(access.clusters))}",),
        tuple(_doubts(access)),
        _filled(
            _granted_table(
                "Has access by the deleted file", access, (*access.grants, *access.ended)
            )
        ),
        _legend((access, grant.cluster, grant.scope.role) for grant in access.grants),
    )


def of_difference(
    stack: str, base: Phrase, difference: Difference, doubts: Sequence[Phrase] = ()
) -> Report:
    """The rights that are gained and lost, compared with the version that is called `base`.

    Args:
        stack: the stack's name.
        base: the name of the earlier version.
        difference: the difference between the two versions.
        doubts: reasons why the difference may be incomplete or wrong.
    """
    gains, losses = difference.gains, difference.losses
    flags = review_flags.raised(difference)
    renamed = tuple(
        (
            (r.after.kind,),
            (Name(r.after.name),),
            (Name(r.before.subject),),
            (Name(r.after.subject),),
        )
        for r in difference.renamed
    )
    return Report(
        stack,
        ("Access by ", Name(stack), ", compared with ", *base),
        _counted(difference, len(flags)),
        (*doubts, *(_flag(flag, difference) for flag in flags)),
        _filled(
            _changes("Gains", "already had", gains, difference.after),
            _changes("Losses", "still has", losses, difference.before),
            _changed_ends(difference),
            Table(
                "Renamed", ("kind", "name at the provider", "old subject", "new subject"), renamed
            ),
        ),
        _legend(difference.changed_roles()),
    )


def _filled(*tables: Table) -> tuple[Table, ...]:
    return tuple(table for table in tables if table.rows)


def _granted_table(caption: str, access: Access, grants: Sequence[Grant]) -> Table:
    sources: dict[tuple[str, tuple[Phrase, ...]], list[str]] = {}
    for grant in grants:
        sources.setdefault((grant.cluster, _granted(grant)), []).append(grant.source)
    rows = wording.together(
        (cluster, (*granted, (", ".join(by),))) for (cluster, granted), by in sources.items()
    )
    return Table(
        caption,
        ("cluster", "who (name at the provider)", "role", "where", "by"),
        tuple((wording.clusters(keys, access), *cells) for cells, keys in rows.items()),
    )


def _granted(grant: Grant) -> tuple[Phrase, ...]:
    scope = grant.scope
    place = (*wording.where(scope), *wording.end([grant]))
    return wording.who(grant.holder), (Name(scope.role),), place


def _log_in(access: Access) -> Phrase:
    oidc = access.oidc
    if oidc.is_unset:
        return (
            "the stack file does not manage the clusters' login, so names are shown as they are "
            "written",
        )
    groups = (
        ("no groups",) if oidc.groups_claim is None else ("groups from ", Name(oidc.groups_claim))
    )
    claim = subject_names.username_claim(oidc)
    where = (*wording.value(oidc.issuer_url), " as client ", *wording.value(oidc.client_id))
    return ("login with ", *where, "; users from the claim ", Name(claim), ", ", *groups)


def _doubts(access: Access) -> Iterable[Phrase]:
    if not subject_names.has_groups(access.oidc) and any(
        g.holder.kind == "Group" for g in access.grants
    ):
        yield ("groupsClaim is not set: tokens carry no groups, so nobody is in the groups below",)
    if access.oidc.admin_group_binding is not None:
        yield (
            "adminGroupBinding is bound by CKS, not by this stack's bindings; it is not documented "
            "whether CKS adds groupsPrefix, so the group is shown as written",
        )


def _counted(difference: Difference, flags: int) -> Phrase:
    gaining = len({c.holder for c in difference.gains})
    losing = len({c.holder for c in difference.losses})
    ending = len({c.holder for c in difference.ends})
    changes: list[Change | ChangedEnd] = [*difference.gains, *difference.losses, *difference.ends]
    roles = list(role_changes(difference))
    places = len({change.cluster for change in (*changes, *roles)})
    login: Phrase = ()
    if difference.is_identity_added:
        issuer = wording.value(difference.after.oidc.issuer_url)
        login = ("; people log in with ", *issuer, " from now on")
    flagged = f"{'1 change needs' if flags == 1 else f'{flags} changes need'} a second look"
    if not places:
        # With a flag it would hide, for example, that everybody logs in elsewhere.
        counted = f"no right is added or removed, but {flagged}" if flags else _NO_CHANGE
        return (counted, *login)
    counts = [
        f"{number} {one if number == 1 else many}"
        for number, one, many in (
            (gaining, "subject gains rights", "subjects gain rights"),
            (losing, "subject loses rights", "subjects lose rights"),
            (
                ending,
                "subject keeps rights that end at another time",
                "subjects keep rights that end at another time",
            ),
            (
                len({change.role for change in roles}),
                "role gives other rights",
                "roles give other rights",
            ),
        )
        if number
    ]
    counted = f"{' and '.join(counts)} on {_clusters(places)}"
    return (f"{counted}; {flagged}" if flags else counted, *login)


def _clusters(number: int) -> str:
    return f"{number} {'cluster' if number == 1 else 'clusters'}"


def _flag(flag: review_flags.Flag, difference: Difference) -> Phrase:
    if not flag.clusters:
        return flag.text
    return (*wording.clusters(flag.clusters, difference.after), ": ", *flag.text)


def _changes(caption: str, other: str, changes: Sequence[Change], version: Access) -> Table:
    rows = wording.together(
        (
            change.cluster,
            (
                wording.who(change.holder),
                (Name(change.scope.role),),
                (*wording.where(change.scope), *wording.end_of(change, version)),
                wording.remainder(change),
            ),
        )
        for change in changes
    )
    return Table(
        caption,
        ("cluster", "who (name at the provider)", "role", "where", other),
        tuple((wording.clusters(keys, version), *cells) for cells, keys in rows.items()),
    )


def _changed_ends(difference: Difference) -> Table:
    rows = wording.together(
        (
            end.cluster,
            (
                wording.who(end.holder),
                (Name(end.scope.role),),
                wording.where(end.scope),
                (wording.moment(end.after),),
                (wording.moment(end.before),),
            ),
        )
        for end in difference.ends
    )
    return Table(
        "Other ends",
        ("cluster", "who (name at the provider)", "role", "where", "ends", "ended before"),
        tuple((wording.clusters(keys, difference.after), *cells) for cells, keys in rows.items()),
    )


def _legend(used: Iterable[tuple[Access, str, str]]) -> tuple[Phrase, ...]:
    return tuple(
        (Name(e.label), ": ", Name(e.meaning.sentence) if e.is_own else e.meaning.sentence)
        for e in role_legend.entries(used)
    )
