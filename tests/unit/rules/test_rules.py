"""Every rule, clause by clause: one input that it accepts, one that it refuses, with the message."""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from cks_components.rules import Finding, Level, examine
from cks_components.stack_file.settings import BindingSettings
from tests.unit.rules import cases
from tests.unit.rules.subjects import (
    CLAUSES,
    GITHUB,
    ID,
    block,
    bound,
    certificate,
)

TABLES = [
    import_module(f"{cases.__name__}.{module.name}")
    for module in pkgutil.iter_modules(cases.__path__)
]
CASES = [case for table in TABLES for case in table.CASES]

LEVELS = {"e": Level.ERROR, "w": Level.WARNING, "i": Level.INFORMATION, "-": None}
STRICTNESS = {  # development, staging, production; "eee" where it is not named
    "END-01.1": "www",
    "END-02.1": "-we",
    "END-03.1": "iii",
    "EXPECT-02.1": "www",
    "EXPECT-02.2": "www",
    "LOCK-01.1": "wwe",
    "LOCK-02.1": "wwe",
    "HOOK-01.4": "www",
    "HOOK-01.5": "www",
    "HOOK-01.6": "www",
    "HOOK-01.7": "wwe",
    "NET-04.2": "www",
    "NET-05.1": "www",
    "OIDC-02.2": "www",
    "OIDC-03.3": "www",
    "OIDC-05.2": "www",
    "OIDC-07.1": "www",
    "OIDC-08.1": "wwe",
    "OIDC-09.4": "www",
    "OIDC-09.6": "www",
    "OIDC-10.1": "www",
    "OIDC-12.2": "www",
    "OIDC-12.4": "www",
    "OIDC-13.2": "www",
    "OIDC-13.3": "www",
    "OIDC-13.4": "www",
    "OIDC-14.4": "www",
    "OIDC-15.1": "www",
    "OIDC-15.3": "www",
    "OIDC-16.1": "www",
    "OIDC-16.2": "www",
    "OIDC-16.3": "www",
    "OIDC-16.4": "www",
    "OIDC-16.5": "www",
    "OIDC-19.1": "iii",
    "OIDC-20.1": "www",
    "OIDC-21.1": "www",
    "OIDC-22.3": "www",
    "OIDC-23.2": "www",
    "OIDC-24.2": "www",
    "OIDC-25.2": "www",
    "OIDC-26.2": "www",
    "OIDC-26.3": "iii",
    "OIDC-27.1": "wwe",
    "OIDC-28.1": "www",
    "RBAC-03.1": "-we",
    "RBAC-03.2": "-we",
    "RBAC-04.1": "-we",
    "RBAC-05.1": "wwe",
    "RBAC-05.2": "wwe",
    "RBAC-07.1": "wwe",
    "RBAC-10.1": "iii",
    "RBAC-10.2": "iii",
    "RBAC-11.1": "www",
    "RBAC-12.1": "iii",
    "RBAC-13.1": "wwe",
    "ROLE-01.1": "wwe",
    "ROLE-01.2": "wwe",
    "ROLE-02.1": "wwe",
    "ROLE-03.1": "wwe",
    "ROLE-03.2": "wwe",
    "ROLE-04.1": "-we",
    "ROLE-05.1": "wwe",
    "ROLE-06.1": "-we",
    "ROLE-06.2": "-we",
    "ROLE-07.1": "wwe",
    "ROLE-08.1": "wwe",
    "ROLE-09.1": "wwe",
    "ROLE-11.1": "www",
    "ROLE-14.1": "wwe",
    "ROLE-15.1": "wwe",
    "ROLE-16.1": "wwe",
    "ROLE-17.1": "wwe",
    "TEXT-01.1": "www",
    "TIME-01.1": "www",
    "TOKEN-03.1": "www",
    "WAIVER-04.1": "www",
}
NEVER_WAIVED = {
    "END-01.1",
    "EXPECT-01.2",
    "LOCK-01.1",
    "LOCK-02.1",
    "HOOK-01.1",
    "HOOK-01.2",
    "HOOK-01.3",
    "NET-01.1",
    "NET-02.1",
    "NET-03.1",
    "NET-04.1",
    "NET-06.1",
    "OIDC-01.1",
    "OIDC-05.1",
    "OIDC-08.2",
    "OIDC-12.1",
    "OIDC-13.1",
    "RBAC-01.1",
    "RBAC-01.2",
    "RBAC-02.1",
    "ROLE-10.1",
    "ROLE-12.1",
    "TOKEN-01.1",
    "TOKEN-04.1",
    "WAIVER-01.1",
    "WAIVER-02.1",
    "WAIVER-03.1",
    "WAIVER-04.1",
}


def test_every_clause_of_every_rule_stands_once_in_the_table_of_its_module() -> None:
    assert sorted(case[0] for case in CASES) == sorted(CLAUSES)
    for table in TABLES:
        module = table.__name__.rpartition(".")[2]
        for clause, *_ in table.CASES:
            assert CLAUSES[clause].check.__module__ == f"cks_components.rules.{module}"


@pytest.mark.parametrize(
    ("clause", "accepted", "refused", "path", "text"), CASES, ids=[case[0] for case in CASES]
)
def test_a_rule_accepts_and_refuses(
    clause: str, accepted: Any, refused: Any, path: str, text: str
) -> None:
    rule = CLAUSES[clause]

    assert list(rule.check(accepted)) == []
    assert list(rule.check(refused)) == [(path, text)]


@pytest.mark.parametrize("clause", list(CLAUSES))
def test_a_rule_is_as_strict_as_its_environment(clause: str) -> None:
    levels = CLAUSES[clause].levels
    wanted = [LEVELS[letter] for letter in STRICTNESS.get(clause, "eee")]

    assert [levels.get(e) for e in ("development", "staging", "production")] == wanted


def test_what_is_never_waived_is_listed_here() -> None:
    assert {clause for clause, rule in CLAUSES.items() if not rule.is_waivable} == NEVER_WAIVED


def test_a_waiver_of_what_an_acknowledgement_accepts_says_what_to_write() -> None:
    file = {"clusters": [{"id": ID}], "waivers": [{"rule": "LOCK-01", "reason": "the end"}]}

    (said,) = [str(finding) for finding in examine(file).findings if "WAIVER" in finding.rule]

    assert said == (
        "waivers[0].rule: LOCK-01 cannot be waived, because a waiver would hold for every later "
        "update as well; remove it and, if this update may do it, write acknowledge: [{risk: "
        "no-administrator, reason: WHY}] [WAIVER-02]"
    )


def test_a_url_with_a_password_is_not_shown() -> None:
    (broken,) = CLAUSES["OIDC-01.1"].check(block(issuerUrl="http://me:pw@idp.example.com"))

    assert broken.text.startswith('"http://idp.example.com" is not https')
    assert "pw" not in broken.text


def test_an_expired_certificate_is_said_to_have_expired() -> None:
    (broken,) = CLAUSES["OIDC-13.2"].check(block(ca=certificate("gone", days=-1)))

    assert broken.text.startswith('the certificate "CN=gone" expired on 2026-05-31')


def test_a_role_of_a_namespace_is_named_where_pull_requests_would_have_it() -> None:
    people = BindingSettings.model_construct(users=["repository_id:77"], role="queue")
    judged = replace(bound(**GITHUB), binding=people)

    (broken,) = CLAUSES["OIDC-15.3"].check(judged)

    assert "act as role/queue before they are reviewed" in broken.text


def test_a_finding_about_a_whole_block_begins_with_what_it_says() -> None:
    """A webhook of its own stands at no path; people read ": receives every token"."""
    assert str(Finding(level=Level.WARNING, path="", text="is bad")) == "is bad"
    assert str(Finding(level=Level.WARNING, path="server", text="is bad")) == "server: is bad"
