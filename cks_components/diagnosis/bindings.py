"""Whether the bindings of a stack file are on a cluster, under the names that a login gives there."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cks_components.access.live_policy import LivePolicy
from cks_components.api.models import OidcConfig
from cks_components.diagnosis.result import Result, fine, warning, wrong
from cks_components.kubernetes import subject_names
from cks_components.rbac.policy import Binding, Subject, SubjectKind


def bindings(
    key: str,
    wanted: Sequence[Binding],
    live: LivePolicy | None,
    block: OidcConfig,
    *,
    has_webhook: bool = False,
) -> list[Result]:
    """Look for each subject of each binding; names are compared byte for byte, as RBAC does.

    Args:
        key: the cluster's, for messages.
        wanted: those of the stack file, with the prefixes of the cluster's live block.
        live: the roles and bindings on the cluster; None if the token's owner may not list them.
        block: the cluster's live block; unset if it has none.
        has_webhook: whether an authentication webhook may give the names that logins lack.
    """
    subject = f"cluster {key}: bindings"
    if live is None:
        return [warning(subject, "not checked: the token's owner may not list roles and bindings")]
    given = _given(block)
    people = dict.fromkeys(who for one in wanted for who in one.subjects if _is_of_login(who))
    nameless = [who for who in people if who.kind not in given]
    found = [] if has_webhook or not nameless else [_without_login(subject, nameless, block)]
    skipped = nameless if found and not block.is_unset else []  # their names follow from no block
    found += [
        wrong(subject, _missing(one, who, there if who.kind in given else ()))
        for one in wanted
        for there in [_bound(live, one)]
        for who in one.subjects
        if who not in there and who not in skipped
    ]
    names = "" if nameless else ", under the names of logins"
    return found or [fine(subject, f"those of the stack file are there{names}")]


def _given(block: OidcConfig) -> tuple[SubjectKind, ...]:
    """What logins by a block are known as."""
    if block.is_unset:
        return ()
    return ("User", "Group") if subject_names.has_groups(block) else ("User",)


def _is_of_login(who: Subject) -> bool:
    """Whether only a login has the name, and neither Kubernetes itself nor a pipeline."""
    return who.kind != "ServiceAccount" and not who.name.startswith(subject_names.KUBERNETES_OWN)


def _without_login(subject: str, nameless: Collection[Subject], block: OidcConfig) -> Result:
    """Say that nobody who logs in is any of these."""
    names = ", ".join(f'{who.kind} "{who.name}"' for who in nameless)
    if block.is_unset:
        return warning(
            subject,
            f"the cluster has no OIDC block, so nobody logs in and nobody is {names}; set identity in the stack "
            'file if it has none, and run "pulumi up"',
        )
    return wrong(
        subject,
        f"logins by the cluster's block have no groups, because it has no groupsClaim, so nobody is in "
        f"{names}; set groupsClaim in the stack file's identity (or where the block is made, if the "
        'stack sets none), and run "pulumi up"',
    )


def _bound(live: LivePolicy, wanted: Binding) -> set[Subject]:
    """Who has the role on the cluster, in the same place."""
    place = (wanted.role, wanted.namespace)
    return {s for b in live.policy.bindings if (b.role, b.namespace) == place for s in b.subjects}


def _missing(wanted: Binding, who: Subject, there: Collection[Subject]) -> str:
    where = "cluster wide" if wanted.namespace is None else f"in namespace {wanted.namespace}"
    found = (
        f'{wanted.name}: {who.kind} "{_name(who)}" has no binding to {wanted.role.kind} '
        f"{wanted.role.name} {where}"
    )
    near = sorted(s.name for s in there if s.kind == who.kind and _is_near(s.name, who.name))
    if near:
        names = " and ".join(f'"{name}"' for name in near)
        found += (
            f"; {names} has one, but names are compared byte for byte, and with the cluster's block "
            f'a login gives "{who.name}"'
        )
    return f'{found}. Run "pulumi up --refresh"'


def _is_near(one: str, other: str) -> bool:
    """Whether two names differ by case or by a prefix only."""
    short, long = sorted((one.casefold(), other.casefold()), key=len)
    bare = short.rpartition(":")[2].rpartition("#")[2]
    return long.endswith(bare) and bool(bare)


def _name(who: Subject) -> str:
    return f"{who.namespace}/{who.name}" if who.namespace else who.name
