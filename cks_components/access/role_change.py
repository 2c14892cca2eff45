"""The stack's own roles that give something else than before, and who has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cks_components.access import rule_wording, wording
from cks_components.access.difference import Difference
from cks_components.access.grants import Grant
from cks_components.access.quoted_text import Name, Phrase
from cks_components.access.rights import scopes
from cks_components.access.single_rights import not_given
from cks_components.stack_file.role import RoleSettings

_NAMED_HOLDERS = 3
"""As many of those who have a role are named; the others are counted."""


@dataclass(frozen=True)
class RoleChange:
    """A role that stays and gives something else, or that is deleted while an entry names it.

    Attributes:
        cluster: the cluster's key in the later version.
        role: as in `Scope.role`.
        text: one sentence without a full stop.
    """

    cluster: str
    role: str
    is_deleted: bool
    text: Phrase


def role_changes(difference: Difference) -> Iterator[RoleChange]:
    """What changes in the roles of the clusters that are in both versions."""
    for old, new in difference.clusters.kept:
        for key, before in difference.before.roles:
            if key == old.key:
                role = before.ref.text
                after = difference.after.own_role(new.key, role)
                granted = [
                    grant
                    for grant in difference.after.grants
                    if (grant.cluster, grant.scope.role) == (new.key, role)
                ]
                text = (
                    _deleted(before, granted) if after is None else _changed(after, before, granted)
                )
                if text:
                    yield RoleChange(new.key, role, after is None, text)


def _changed(after: RoleSettings, before: RoleSettings, granted: Iterable[Grant]) -> Phrase:
    was, now = before.policy_rules, after.policy_rules
    changes: list[str | Name] = []
    if before.extends != after.extends:
        base, other = after.extends or "nothing", before.extends or "nothing"
        changes.append(f"; it extends {base}, and before {other}")
    for text, found in (
        ("; it now also gives: ", not_given(now, was)),
        ("; it no longer gives: ", not_given(was, now)),
    ):
        if found:
            changes += [text, Name(rule_wording.sentence(found))]
    if not changes:
        return ()
    holders = _holders(granted)
    who: Phrase = (" changes for ", *holders) if holders else (", which nobody has, changes",)
    return ("the role ", Name(after.ref.text), *who, *changes)


def _deleted(before: RoleSettings, granted: Iterable[Grant]) -> Phrase:
    sources = list(dict.fromkeys(grant.source for grant in granted))
    if not sources:
        return ()
    named = f"{', '.join(sources)} still {'names' if len(sources) == 1 else 'name'} it"
    gave = rule_wording.meaning(before).gives.removeprefix("may ")
    return (
        "the role ",
        Name(before.ref.text),
        f" is deleted, and {named}; it gives nothing any more to ",
        *_holders(granted),
        "; it gave: ",
        Name(gave),
    )


def _holders(granted: Iterable[Grant]) -> Phrase:
    """Who has a role where, by the entries that give it."""
    by_holder: dict[Phrase, list[Grant]] = {}
    for grant in granted:
        by_holder.setdefault(wording.who(grant.holder), []).append(grant)
    found: list[str | Name] = []
    for who, grants in list(by_holder.items())[:_NAMED_HOLDERS]:
        (scope,) = scopes(right for grant in grants for right in grant.rights)
        link = " " if scope.namespaces is None else " in "
        found += [*(["; "] if found else []), *who, link, *wording.where(scope)]
    others = len(by_holder) - _NAMED_HOLDERS
    return (*found, f"; {others} more") if others > 0 else tuple(found)
