"""Rules for rights that end: `until` and `reason` of bindings and pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cks_components.lifecycle.token_renewal import duration_in_words
from cks_components.rules.excessive_rights import CLUSTER_ADMIN
from cks_components.rules.rule import GROWING, INFORMATION, WARNING, Rule, Violation
from cks_components.stack_file.moment import moment_text
from cks_components.stack_file.role import GrantSettings


@dataclass(frozen=True, kw_only=True)
class JudgedGrant:
    """An entry of bindings or of automation, at a point in time."""

    grant: GrantSettings
    now: datetime


def _ended(judged: JudgedGrant) -> Iterator[Violation]:
    until = judged.grant.until
    if until is not None and judged.grant.has_ended(judged.now):
        yield Violation(
            "until",
            f"ended {duration_in_words(judged.now - until)} ago ({moment_text(until)}), so nobody "
            'has it by this stack: "pulumi up" takes it from the clusters, unless that was done; a '
            "plan that was saved before the end does not allow it, so save a new one. Delete the "
            "entry, or write a later time",
        )


def _reason(judged: JudgedGrant) -> Iterator[Violation]:
    grant = judged.grant
    is_ahead = grant.until is not None and not grant.has_ended(judged.now)
    if is_ahead and grant.cluster_role == CLUSTER_ADMIN and not grant.reason.strip():
        yield Violation(
            "reason",
            "is missing, and cluster-admin for a time is an exception; write why, such as the "
            "ticket",
        )


def _ends(judged: JudgedGrant) -> Iterator[Violation]:
    until = judged.grant.until
    if until is not None and not judged.grant.has_ended(judged.now):
        yield Violation(
            "until",
            f"ends in {duration_in_words(until - judged.now)} ({moment_text(until)}); the first "
            '"pulumi up" after that takes it from the clusters',
        )


RULES: tuple[Rule[JudgedGrant], ...] = (
    Rule("END-01", "the `until` of an entry is in the future", WARNING, _ended, is_waivable=False),
    Rule("END-02", "`cluster-admin` with an `until` has a `reason`", GROWING, _reason),
    Rule("END-03", "when the rights of an entry end", INFORMATION, _ends),
)
