"""Flags for what a reviewer must not overlook in a difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from cks_components.access import role_meaning, strong_right, wording
from cks_components.access.difference import Difference
from cks_components.access.grants import Access, Cluster, Grant
from cks_components.access.login_change import LogInChange
from cks_components.access.promise_change import dropped_promises, is_verification_dropped
from cks_components.access.quoted_text import Name, Phrase
from cks_components.access.role_change import role_changes
from cks_components.kubernetes import subject_names
from cks_components.stack_file.moment import moment_text

Kind = Literal[
    "cluster-admin-given",
    "cluster-wide-given",
    "escalating-role-given",
    "unknown-role-given",
    "end-extended",
    "role-changed",
    "role-deleted",
    "promise-dropped",
    "verification-dropped",
    "nobody-left",
    "identity-removed",
    "log-in-changed",
    "names-changed",
    "trust-changed",
    "cluster-added",
    "cluster-removed",
    "cluster-replaced",
    "cluster-renamed",
    "cluster-uncertain",
]

_TRUST = {
    "webhooks.authentication": "whoever answers there says who somebody is",
    "webhooks.authorization": "whoever answers there allows and denies what people ask for",
}
_MANY = 4
"""More clusters than these, about which the same is not known, are one flag."""
_UNKNOWN = (
    ", but the stack file alone does not tell: if so, nobody there gains or loses anything; "
    '"pulumi preview" shows what is created and deleted'
)


@dataclass(frozen=True)
class Flag:
    """A change that needs a second look.

    Attributes:
        clusters: the clusters' keys; empty if the whole stack is concerned.
        text: one sentence without a full stop.
    """

    kind: Kind
    clusters: tuple[str, ...]
    text: Phrase


def raised(difference: Difference) -> list[Flag]:
    """Everything in a difference that needs a second look, the most serious first."""
    return [
        *_together("cluster-admin-given", _cluster_admin(difference)),
        *_together("nobody-left", _nobody_left(difference)),
        *_together("cluster-wide-given", _cluster_wide(difference)),
        *_together("escalating-role-given", _escalating(difference)),
        *_together("unknown-role-given", _unknown_roles(difference)),
        *_together("end-extended", _ends_extended(difference)),
        *_together("role-deleted", _role_changes(difference, is_deleted=True)),
        *_together("role-changed", _role_changes(difference, is_deleted=False)),
        *_together("promise-dropped", dropped_promises(difference)),
        *_verification_dropped(difference),
        *_identity_removed(difference),
        *(_log_in_changed(change) for change in difference.log_in),
        *_names_changed(difference),
        *_together("trust-changed", _trust_changed(difference)),
        *_clusters(difference),
    ]


def _together(kind: Kind, found: Iterable[tuple[str, Phrase]]) -> list[Flag]:
    return [Flag(kind, tuple(keys), text) for text, keys in wording.together(found).items()]


def _cluster_admin(difference: Difference) -> Iterator[tuple[str, Phrase]]:
    for gain in difference.gains:
        if gain.scope.role == role_meaning.CLUSTER_ADMIN:
            end = wording.end_of(gain, difference.after)
            yield (
                gain.cluster,
                (*wording.who(gain.holder), " gets ", *wording.what(gain.scope), *end),
            )


def _cluster_wide(difference: Difference) -> Iterator[tuple[str, Phrase]]:
    for gain in difference.gains:
        places = gain.scope.namespaces
        if strong_right.is_nearly_cluster_admin(difference.after, gain.cluster, gain.scope):
            wide = "every Secret and every service account"
            whose = wide if places is None else "the control plane's own service accounts"
            reach = f", which reaches {whose}: nearly cluster-admin"
            yield (
                gain.cluster,
                (*wording.who(gain.holder), " gets ", *wording.what(gain.scope), reach),
            )


def _escalating(difference: Difference) -> Iterator[tuple[str, Phrase]]:
    for gain in difference.gains:
        found = strong_right.consequences(difference.after, gain.cluster, gain.scope)
        if found:
            yield (
                gain.cluster,
                (
                    *wording.who(gain.holder),
                    " gets ",
                    *wording.what(gain.scope),
                    f", which lets its holder {', and '.join(found)}",
                ),
            )


def _unknown_roles(difference: Difference) -> Iterator[tuple[str, Phrase]]:
    for gain in difference.gains:
        if strong_right.is_unknown(difference.after, gain.cluster, gain.scope):
            yield (
                gain.cluster,
                (
                    *wording.who(gain.holder),
                    " gets ",
                    *wording.what(gain.scope),
                    ", a role that neither this stack nor Kubernetes defines: what it gives is known "
                    "on the cluster only, so let somebody look who knows it",
                ),
            )


def _ends_extended(difference: Difference) -> Iterator[tuple[str, Phrase]]:
    """The rights that would be looked at if they were gained, and that stay longer."""
    for end in difference.ends:
        if end.is_later and strong_right.is_strong(difference.after, end.cluster, end.scope):
            now = "without an end" if end.after is None else f"until {moment_text(end.after)}"
            times = f", now {now} (before: until {wording.moment(end.before)})"
            yield (
                end.cluster,
                (*wording.who(end.holder), " keeps ", *wording.what(end.scope), times),
            )


def _role_changes(difference: Difference, *, is_deleted: bool) -> Iterator[tuple[str, Phrase]]:
    for change in role_changes(difference):
        if change.is_deleted == is_deleted:
            yield change.cluster, change.text


def _verification_dropped(difference: Difference) -> Iterator[Flag]:
    if is_verification_dropped(difference):
        text = "verify is removed: updates no longer end with the tests of expect"
        yield Flag("verification-dropped", (), (text,))


def _nobody_left(difference: Difference) -> Iterator[tuple[str, Phrase]]:
    for old, new in difference.clusters.kept:
        before = _grants(difference.before, old, with_ended=True)
        after = _grants(difference.after, new)
        had_admin = any(_is_admin(difference.before, grant) for grant in before)
        if had_admin and not any(_is_admin(difference.after, grant) for grant in after):
            lost = "admin or cluster-admin"
        elif any(map(_is_full, before)) and not any(map(_is_full, after)):
            lost = "cluster-admin cluster wide"
        else:
            continue
        way = "; to repair this, use the managed endpoint with a CoreWeave token"
        yield new.key, (f"nobody is left with {lost}{way}",)


def _grants(version: Access, cluster: Cluster, *, with_ended: bool = False) -> list[Grant]:
    """The grants on the cluster that a person who logs in can use."""
    grants = (*version.grants, *version.ended) if with_ended else version.grants
    found = (grant for grant in grants if grant.cluster == cluster.key)
    has_groups = subject_names.has_groups(version.oidc)
    useless = {"ServiceAccount"} if has_groups else {"ServiceAccount", "Group"}
    return [grant for grant in found if grant.holder.kind not in useless]


def _is_admin(version: Access, grant: Grant) -> bool:
    role = version.base_role(grant.cluster, grant.scope.role)
    return role in (role_meaning.CLUSTER_ADMIN, role_meaning.ADMIN)


def _is_full(grant: Grant) -> bool:
    return grant.scope.role == role_meaning.CLUSTER_ADMIN and grant.scope.namespaces is None


def _identity_removed(difference: Difference) -> Iterator[Flag]:
    if difference.is_identity_removed:
        text: Phrase = (
            "the identity provider is removed: everybody who logs in with ",
            *wording.value(difference.before.oidc.issuer_url),
            " can no longer log in, unless onDelete keeps the provider on the clusters",
        )
        yield Flag("identity-removed", (), text)


def _log_in_changed(change: LogInChange) -> Flag:
    text: Phrase = (
        f"{change.leaf}: ",
        *wording.value(change.before),
        " → ",
        *wording.value(change.after),
        f": {change.consequence}",
    )
    return Flag("log-in-changed", (), text)


def _names_changed(difference: Difference) -> Iterator[Flag]:
    number = len(difference.renamed)
    if number:
        subjects = "1 subject is" if number == 1 else f"{number} subjects are"
        text = (
            f"{subjects} renamed: bindings made outside this stack still have the old names, and "
            "logged-in users may have to log in again"
        )
        yield Flag("names-changed", (), (text,))


def _trust_changed(difference: Difference) -> Iterator[tuple[str, Phrase]]:
    """Who is asked, and where tokens go; a new cluster is looked at anyway."""
    for old, new in difference.clusters.kept:
        before, after = dict(old.trusted), dict(new.trusted)
        for path in dict.fromkeys([*before, *after]):
            was, now = before.get(path) or None, after.get(path) or None
            if was != now:
                yield new.key, (f"{path}: ", *_moved(was, now), *_meaning(path))


def _moved(was: str | None, now: str | None) -> Phrase:
    if "-----BEGIN" in f"{was}{now}":
        return ("other certificates",)
    return (*wording.value(was), " → ", *wording.value(now))


def _meaning(path: str) -> Phrase:
    for beginning, meaning in _TRUST.items():
        if path.startswith(beginning):
            return (f": {meaning}",)
    return (": people and pipelines send their tokens there",)


def _clusters(difference: Difference) -> Iterator[Flag]:
    added = {cluster.key: cluster for cluster in difference.clusters.added}
    removed = {cluster.key: cluster for cluster in difference.clusters.removed}
    new = tuple(key for key in added if key not in removed)
    gone = tuple(key for key in removed if key not in added)
    if new:
        yield Flag("cluster-added", new, ("new in this stack",))
    if gone:
        what = (
            "no longer in this stack: its bindings there are deleted, and onDelete decides what "
            "happens to the login"
        )
        if any(added[key].id is None or removed[other].id is None for key in new for other in gone):
            what += (
                " (if one was only renamed at CoreWeave, nothing on it changes, and the preview "
                "says so)"
            )
        yield Flag("cluster-removed", gone, (what,))
    for key in (key for key in added if key in removed):
        was, now = removed[key].reference, added[key].reference
        text: Phrase = ("now a different cluster: ", Name(was), " → ", Name(now))
        yield Flag("cluster-replaced", (key,), text)
    for old, other in difference.clusters.kept:
        if old.key != other.key:
            text = (
                "the same cluster as ",
                Name(old.key),
                " before: only its name in outputs and kubeconfigs changes",
            )
            yield Flag("cluster-renamed", (other.key,), text)
    doubtful = [pair for pair in difference.clusters.kept if _is_uncertain(*pair)]
    if len(doubtful) > _MANY:
        number = f"{len(doubtful)} clusters may be the same as before, such as "
        old, other = doubtful[0]
        text = (number, Name(other.reference), " as ", Name(old.reference), _UNKNOWN)
        yield Flag("cluster-uncertain", (), text)
    for old, other in doubtful if len(doubtful) <= _MANY else ():
        text = (
            Name(other.reference),
            " may be the same cluster as ",
            Name(old.reference),
            _UNKNOWN,
        )
        yield Flag("cluster-uncertain", (other.key,), text)
    maybe = [
        key
        for key, other in added.items()
        if key in new and any(_is_uncertain(removed[k], other) for k in gone)
    ]
    if maybe:
        text = (
            "this cluster may have been in the stack before, written by name or by id",
            _UNKNOWN,
        )
        yield Flag("cluster-uncertain", tuple(maybe), text)


def _is_uncertain(old: Cluster, new: Cluster) -> bool:
    """Whether one is found only by its name and the other only by its id."""
    return (old.id is None) != (new.id is None)
