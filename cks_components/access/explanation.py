"""What a token's bearer is told: who they become and what they may do, or what to change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from cks_components.access import json_report, role_legend, wording
from cks_components.access.grants import NO_ACCESS, Access, Grant
from cks_components.access.held_grants import held_grants, nearest_subject
from cks_components.access.quoted_text import spoken
from cks_components.authentication import Rule, User, Verdict
from cks_components.kubernetes.answers import Review
from cks_components.stack_file.visible_text import visible

_UNUSABLE = (Rule.MALFORMED, Rule.ISSUER, Rule.EXPIRED)
_SIGNATURES = {
    "verified": "verified with the issuer's keys",
    "failed": "not one of the issuer's keys",
    "unchecked": "not checked",
}


@dataclass(frozen=True)
class Explanation:
    """A verdict, and what is around it.

    Attributes:
        unchecked: why the signature of an accepted token was not checked; may be empty.
        access: what the stack file grants; None without one.
        grants: those of its grants that the bearer has.
        nearest: a bound name that is almost the bearer's, as the end of a sentence.
        server: what the cluster itself says; None if it was not asked.
        note: what else to know; may be empty.
    """

    verdict: Verdict
    unchecked: str = ""
    access: Access | None = None
    grants: Sequence[Grant] = ()
    nearest: str = ""
    server: Review | None = None
    note: str = ""

    @classmethod
    def of(
        cls,
        verdict: Verdict,
        access: Access | None,
        clusters: Collection[str],
        *,
        unchecked: str = "",
        server: Review | None = None,
        note: str = "",
    ) -> Self:
        """Add what the bearer may do on the clusters with these keys, if the token is accepted."""
        found = cls(verdict, unchecked, server=server, note=note)
        user = found.user
        if user is None or access is None:
            return found
        return replace(
            found,
            access=access,
            grants=held_grants(access, user.name, user.groups, clusters),
            nearest=nearest_subject(access, user.name, user.groups),
        )

    @property
    def user(self) -> User | None:
        """Who the bearer becomes: as the cluster itself says where it answered, else as we judge.

        None if the token is refused.
        """
        return self.verdict.user if self.server is None else _user(self.server)

    @property
    def is_disputed(self) -> bool:
        """Whether the cluster itself says something else than we do."""
        return self.user != self.verdict.user

    @property
    def is_refused(self) -> bool:
        """Whether the token lets nobody in."""
        return self.user is None

    @property
    def is_unusable(self) -> bool:
        """Whether another token is needed: this one is damaged, another issuer's or expired."""
        return self.is_refused and self.verdict.rule in _UNUSABLE

    @property
    def reason(self) -> str:
        """Why we, or the cluster alone, refuse the token; or what is worth knowing of it."""
        verdict, server = self.verdict, self.server
        parts = [verdict.reason, *verdict.remarks, self.note]
        if verdict.user is not None and self.unchecked:
            parts.insert(0, f"the signature was not checked: {self.unchecked}")
        if verdict.user is not None and server is not None and server.reason:
            parts.insert(0, f"the cluster itself refuses it: {server.reason}")
        return "; ".join(part for part in parts if part)

    def data(self) -> dict[str, Any]:
        """For programs; `server` is there only if the cluster answered.

        `rule` and `signature` are of our own judgement.
        """
        user = self.user
        found = {
            "accepted": user is not None,
            "username": user.name if user else None,
            "groups": list(user.groups) if user else [],
            "rule": str(self.verdict.rule or ""),
            "reason": self.reason,
            "signature": self.verdict.signature,
            "bindings": [
                {**json_report.of_grant(grant), "allows": self._meaning(grant)}
                for grant in self.grants
            ],
        }
        return found | ({} if self.server is None else {"server": _server(self.server)})

    def lines(self) -> Iterator[str]:
        """For a terminal: what the cluster itself says comes first where we do not agree."""
        theirs = [] if self.server is None else [_server_line(self.server)]
        if self.is_disputed:
            yield from theirs
            first, *more = self._own_lines()
            yield from (f"our own checks: {first}", *more)
        else:
            yield from self._own_lines()
            yield from theirs
        if self.access is not None:
            yield from self._rights()

    def _own_lines(self) -> Iterator[str]:
        user = self.verdict.user
        if user is None:
            yield f"refused ({self.verdict.rule}): {self.reason}"
            return
        yield f'accepted as "{visible(user.name)}"'
        yield f"groups: {', '.join(map(visible, user.groups)) or 'none'}"
        because = f" ({self.unchecked})" if self.unchecked else ""
        yield f"signature: {_SIGNATURES[self.verdict.signature]}{because}"
        yield from (f"! {part}" for part in (*self.verdict.remarks, self.note) if part)

    def _rights(self) -> Iterator[str]:
        if not self.grants:
            yield (
                "no binding of the stack file applies, so kube-apiserver answers 403 to nearly every "
                f"request{self.nearest}"
            )
        for grant in self.grants:
            what = spoken(wording.what(grant.scope), str)
            who = spoken(wording.who(grant.holder), str)
            yield f"on {visible(grant.cluster)}: {what}, by {who}: {self._meaning(grant)}"

    def _meaning(self, grant: Grant) -> str:
        access = self.access or NO_ACCESS
        return visible(role_legend.meaning_of(access, grant.cluster, grant.scope.role).sentence)


def _user(server: Review) -> User | None:
    return None if server.reason else User(server.username, server.groups)


def _server_line(server: Review) -> str:
    if server.reason:
        return f"the cluster itself: refuses it: {visible(server.reason)}"
    groups = ", ".join(map(visible, server.groups)) or "none"
    return f'the cluster itself: accepts it as "{visible(server.username)}", groups {groups}'


def _server(server: Review) -> dict[str, Any]:
    accepted = not server.reason
    return {
        "accepted": accepted,
        "username": server.username if accepted else None,
        "groups": list(server.groups),
        "reason": server.reason,
    }
