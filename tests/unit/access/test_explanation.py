"""What a token's bearer is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cks_components.access.explanation import Explanation
from cks_components.access.grants import NO_ACCESS
from cks_components.authentication import Rule, User, Verdict
from cks_components.kubernetes.answers import Review

if TYPE_CHECKING:
    from tests.unit.access.conftest import Stack

ALICE = User("alice@example.com", ("okta:ml", "system:authenticated"))
REFUSED = Verdict(None, Rule.AUDIENCE, 'the token\'s "aud" is "other"; log in again', "verified")


def text(explanation: Explanation) -> str:
    return "\n".join(explanation.lines())


def test_whoever_is_accepted_sees_name_groups_signature_and_rights(stack: Stack) -> None:
    access = stack.access(stack.binding("edit", "ml", namespaces=["training"]))

    found = Explanation(Verdict(ALICE, signature="verified"), access=access, grants=access.grants)

    assert text(found) == (
        'accepted as "alice@example.com"\n'
        "groups: okta:ml, system:authenticated\n"
        "signature: verified with the issuer's keys\n"
        "on east: edit in training, by Group okta:ml (ml): may change most things in a namespace, "
        "read its Secrets, and create tokens for any of its service accounts; not roles, bindings "
        "or nodes"
    )
    assert found.data() == {
        "accepted": True,
        "username": "alice@example.com",
        "groups": ["okta:ml", "system:authenticated"],
        "rule": "",
        "reason": "",
        "signature": "verified",
        "bindings": [
            {
                "cluster": "east",
                "kind": "Group",
                "subject": "okta:ml",
                "name": "ml",
                "boundBy": "binding",
                "clusterRole": "edit",
                "namespaces": ["training"],
                "allows": "may change most things in a namespace, read its Secrets, and create tokens "
                "for any of its service accounts; not roles, bindings or nodes",
                "source": "bindings[0]",
            }
        ],
    }


def test_cluster_wide_is_a_star(stack: Stack) -> None:
    access = stack.access(stack.binding("edit", "ml"))

    (binding,) = Explanation(Verdict(ALICE), access=access, grants=access.grants).data()["bindings"]

    assert binding["namespaces"] == "*"


def test_whoever_has_no_rights_is_told_so_with_the_nearest_name() -> None:
    found = Explanation(Verdict(ALICE), access=NO_ACCESS, nearest=' (the nearest is "okta:ML")')

    assert text(found).endswith('403 to nearly every request (the nearest is "okta:ML")')


def test_rights_are_not_spoken_of_without_a_stack_file() -> None:
    assert "403" not in text(Explanation(Verdict(ALICE)))


def test_an_unchecked_signature_says_why() -> None:
    told = text(Explanation(Verdict(ALICE), unchecked="no answer within 5 seconds"))

    assert "signature: not checked (no answer within 5 seconds)" in told


def test_programs_read_in_the_reason_why_a_signature_is_unchecked() -> None:
    found = Explanation(Verdict(ALICE), unchecked="no answer", note="one")

    assert found.data()["reason"] == "the signature was not checked: no answer; one"
    assert Explanation(REFUSED, unchecked="no answer").reason == REFUSED.reason


def test_whoever_is_nobody_in_particular_is_shown_as_that() -> None:
    assert 'accepted as ""\ngroups: none' in text(Explanation(Verdict(User("", ()))))


def test_remarks_and_notes_are_lines_of_their_own_and_one_reason() -> None:
    found = Explanation(Verdict(ALICE, remarks=("one", "two")), note="three")

    assert "\n! one\n! two\n! three" in text(found)
    assert found.reason == "one; two; three"


def test_a_refusal_is_one_line_with_the_rule_and_what_to_change() -> None:
    found = Explanation(REFUSED)

    assert text(found) == 'refused (audience): the token\'s "aud" is "other"; log in again'
    assert found.data() == {
        "accepted": False,
        "username": None,
        "groups": [],
        "rule": "audience",
        "reason": 'the token\'s "aud" is "other"; log in again',
        "signature": "verified",
        "bindings": [],
    }
    assert (found.is_refused, found.is_unusable) == (True, False)


def test_a_token_of_another_issuer_is_of_no_use() -> None:
    assert Explanation(Verdict(None, Rule.ISSUER, "x")).is_unusable


def test_what_the_cluster_itself_says_stands_beside_our_verdict() -> None:
    refused = Explanation(REFUSED, server=Review("[invalid bearer token, oidc: expected]"))
    accepted = Explanation(Verdict(ALICE), server=Review("", ALICE.name, ALICE.groups))

    assert "the cluster itself: refuses it: [invalid bearer token, oidc: expected]" in text(refused)
    assert refused.data()["server"] == {
        "accepted": False,
        "username": None,
        "groups": [],
        "reason": "[invalid bearer token, oidc: expected]",
    }
    assert (
        'the cluster itself: accepts it as "alice@example.com", groups okta:ml, system:authenticated'
        in text(accepted)
    )
    assert accepted.data()["server"]["username"] == "alice@example.com"
    assert not accepted.is_refused


def test_a_token_that_only_the_cluster_refuses_is_refused(stack: Stack) -> None:
    access = stack.access(stack.binding("edit", "ml"))

    found = Explanation.of(
        Verdict(ALICE, remarks=("one",)), access, ["east"], server=Review("no such account")
    )

    assert (found.is_refused, found.is_unusable) == (True, False)
    assert text(found) == (
        "the cluster itself: refuses it: no such account\n"
        'our own checks: accepted as "alice@example.com"\n'
        "groups: okta:ml, system:authenticated\n"
        "signature: not checked\n"
        "! one"
    )
    told = found.data()
    assert (told["accepted"], told["username"], told["groups"]) == (False, None, [])
    assert told["bindings"] == []
    assert told["reason"] == "the cluster itself refuses it: no such account; one"


@pytest.mark.parametrize("rule", [Rule.MALFORMED, Rule.ISSUER, Rule.EXPIRED, Rule.AUDIENCE])
def test_a_token_that_only_the_cluster_accepts_is_accepted_with_what_the_bearer_may_do(
    stack: Stack, rule: Rule
) -> None:
    access = stack.access(stack.binding("view", "ml"))
    server = Review("", "hook:dave", ("okta:ml", "system:authenticated"))

    found = Explanation.of(
        Verdict(None, rule, "opaque text"), access, ["east"], server=server, note="a webhook"
    )

    assert (found.is_refused, found.is_unusable) == (False, False)
    first, second, right = found.lines()
    assert first == (
        'the cluster itself: accepts it as "hook:dave", groups okta:ml, system:authenticated'
    )
    assert second == f"our own checks: refused ({rule}): opaque text; a webhook"
    assert right.startswith("on east: view cluster wide, by Group okta:ml (ml): ")
    told = found.data()
    assert (told["accepted"], told["username"]) == (True, "hook:dave")
    assert told["groups"] == ["okta:ml", "system:authenticated"]
    assert (told["rule"], told["reason"]) == (rule, "opaque text; a webhook")
    assert [binding["subject"] for binding in told["bindings"]] == ["okta:ml"]


def test_the_cluster_s_name_for_the_bearer_counts_where_it_is_another() -> None:
    found = Explanation(Verdict(ALICE), server=Review("", "old:alice", ALICE.groups))

    assert found.data()["username"] == "old:alice"
    assert text(found).startswith('the cluster itself: accepts it as "old:alice"')
