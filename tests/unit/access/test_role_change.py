"""What a change of the stack's own roles gives and takes, right by right, and whom it concerns."""

from __future__ import annotations

from typing import Any

import pytest

from cks_components.access import report, review_flags
from cks_components.access.difference import compare
from cks_components.access.grants import Access
from cks_components.access.quoted_text import Name, spoken
from tests.unit.access.conftest import Stack

ROOT = Stack.binding("cluster-admin", "root")
ML = Stack.binding("jobs", "ml", namespaces=["training"])


def rule(verbs: str, resources: str = "pods", **more: Any) -> dict[str, Any]:
    given = {"verbs": verbs.split(), "apiGroups": [""], "resources": resources.split()}
    return given | more


def urls(*paths: str) -> dict[str, Any]:
    return {"verbs": ["get"], "nonResourceURLs": list(paths)}


def version(*rules: dict[str, Any], bindings: tuple[Any, ...] = (ML,), **more: Any) -> Access:
    roles = [{"name": "jobs", "rules": list(rules), **more}] if rules else []
    return Stack.access(ROOT, *bindings, roles=roles)


def change(before: Access, after: Access) -> str:
    """The text of the only flag; empty if nothing needs a second look."""
    found = [spoken(flag.text, str) for flag in review_flags.raised(compare(before, after))]
    assert len(found) <= 1
    return "".join(found)


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (rule("get list"), rule("get"), "it no longer gives: list pods"),
        (rule("get"), rule("get list"), "it now also gives: list pods"),
        (rule("get"), rule("get", "pods secrets"), "it now also gives: get secrets"),
        (rule("get"), rule("*"), "it now also gives: do everything with pods"),
        (rule("get"), rule("get", "*"), "it now also gives: get everything of the core API group"),
        (rule("get", "*"), rule("get", "pods/log"), "it no longer gives: get everything of the core API group"),
        (rule("get", resourceNames=["a"]), rule("get", resourceNames=["a", "b"]), "it now also gives: get pods named b"),
        (rule("get", resourceNames=["a"]), rule("get"), "it now also gives: get pods"),
        (urls("/metrics"), urls("/metrics", "/healthz"), "it now also gives: get /healthz"),
        (urls("/healthz/*"), urls("/healthz/a"), "it no longer gives: get /healthz/*"),
    ],
)  # fmt: skip
def test_only_the_rights_that_differ_are_named(
    was: dict[str, Any], now: dict[str, Any], expected: str
) -> None:
    text = change(version(was), version(now))

    assert text == f"the role jobs changes for Group okta:ml (ml) in training; {expected}"


def test_another_order_or_division_of_the_same_rights_is_no_change() -> None:
    whole = version(rule("get list", "pods secrets"))
    parts = version(rule("list", "secrets pods"), rule("get", "secrets"), rule("get", "pods"))

    assert change(whole, parts) == change(parts, whole) == ""


def test_the_summary_counts_a_changed_role_instead_of_denying_a_change() -> None:
    difference = compare(version(rule("get")), version(rule("get list")))

    summary = spoken(report.of_difference("dev", (Name("main"),), difference).summary, str)

    assert summary == "1 role gives other rights on 1 cluster; 1 change needs a second look"


def test_a_role_that_nobody_has_is_said_to_be_so() -> None:
    text = change(version(rule("get"), bindings=()), version(rule("list"), bindings=()))

    assert text.startswith("the role jobs, which nobody has, changes; it now also gives: list pods")


def test_who_has_the_role_is_named_with_all_places_and_many_are_counted() -> None:
    bindings = (
        Stack.binding("jobs", "a", "b", "c", "d", "e", namespaces=["y"]),
        Stack.binding("jobs", "a", namespaces=["x"]),
        Stack.binding("jobs", "b"),
    )

    text = change(
        version(rule("get"), bindings=bindings), version(rule("get list"), bindings=bindings)
    )

    assert text.startswith(
        "the role jobs changes for Group okta:a (a) in x, y; Group okta:b (b) cluster wide; "
        "Group okta:c (c) in y; 2 more; it now also gives: "
    )


def test_a_deleted_role_that_a_binding_still_names_needs_a_second_look() -> None:
    text = change(version(rule("get list", "pods"), extends="view"), version())

    assert text == (
        "the role jobs is deleted, and bindings[1] still names it; it gives nothing any more to "
        "Group okta:ml (ml) in training; it gave: do what view may, and get and list pods"
    )
    both = change(version(rule("get"), bindings=(ML, ML)), version(bindings=(ML, ML)))
    assert "bindings[1], bindings[2] still name it" in both
    assert change(version(rule("get"), bindings=()), version(bindings=())) == ""
    assert change(version(rule("get")), version(bindings=())) == ""  # a loss says it


def test_a_role_of_a_removed_cluster_is_no_deleted_one() -> None:
    clusters = [
        {"name": "east"},
        {"name": "west", "roles": [{"name": "jobs", "rules": [rule("get")]}]},
    ]
    before = Stack.access(ROOT, clusters=clusters)

    flags = review_flags.raised(compare(before, Stack.access(ROOT, clusters=clusters[:1])))

    assert [flag.kind for flag in flags] == ["cluster-removed"]
