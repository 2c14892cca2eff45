"""Rights with an end in the access of a stack file, and in what a change of it gives and takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.access import json_report, review_flags, text_report
from cks_components.access.difference import compare
from cks_components.access.grants import Access, granted_access
from cks_components.access.quoted_text import Name, spoken
from cks_components.access.report import of_access, of_deletion, of_difference
from cks_components.stack_file.settings import StackSettings
from tests.unit.access.conftest import IDENTITY

if TYPE_CHECKING:
    from tests.unit.access.conftest import Stack

NOW = datetime(2026, 12, 1, tzinfo=UTC)
OVER, LATER = "2026-11-30", "2026-12-31"
ROOT = {"clusterRole": "cluster-admin", "groups": ["root"]}


def at_now(*bindings: dict[str, Any], **more: Any) -> Access:
    values = {"clusters": [{"name": "east"}], "identity": IDENTITY, "bindings": list(bindings)}
    return granted_access(StackSettings.model_validate(values | more), NOW)


def test_the_table_says_when_a_right_ends_and_what_has_ended_already(stack: Stack) -> None:
    access = at_now(
        stack.binding("view", "ml", until=LATER),
        stack.binding("cluster-admin", "oncall", until=OVER, reason="INC-1"),
    )

    lines = text_report.render(of_access("dev", access), width=None).splitlines()

    assert "cluster wide, until 2026-12-31T00:00:00Z" in lines[3]
    ended = next(i for i, line in enumerate(lines) if line.startswith("Ended, and taken"))
    assert "Group okta:oncall (oncall)" in lines[ended + 2]
    data = json_report.of_access("dev", access)
    assert data["grants"][0]["until"] == "2026-12-31T00:00:00Z"
    assert "reason" not in data["grants"][0]
    assert data["ended"][0]["reason"] == "INC-1"
    deleted = text_report.render(of_deletion("dev", (Name("main"),), access), width=None)
    assert "Group okta:oncall" in deleted  # until an update, the cluster still has it


def test_what_has_ended_is_a_loss_although_the_file_is_the_same(stack: Stack) -> None:
    access = at_now(stack.binding("cluster-admin", "oncall", until=OVER))

    difference = compare(access, access)

    assert [loss.scope.role for loss in difference.losses] == ["cluster-admin"]
    assert difference.gains == ()
    report = text_report.render(of_difference("dev", (Name("main"),), difference), width=None)
    assert "cluster wide, ended 2026-11-30T00:00:00Z" in report
    flags = review_flags.raised(difference)
    assert [flag.kind for flag in flags] == ["nobody-left"]


def test_a_gain_says_when_it_ends(stack: Stack) -> None:
    admin = stack.binding("cluster-admin", "oncall", until=LATER)

    (flag,) = review_flags.raised(compare(at_now(stack.binding("view", "ml")), at_now(admin)))

    assert spoken(flag.text, str).endswith("cluster-admin cluster wide, until 2026-12-31T00:00:00Z")


@pytest.mark.parametrize(
    ("kept", "gained", "shown"),
    [
        (["b"], ["a"], "a, until 2026-12-31T00:00:00Z"),
        (["b"], None, "cluster wide, until 2026-12-31T00:00:00Z"),
    ],
    ids=["in another namespace", "everywhere"],
)
def test_a_gain_ends_although_the_same_role_stays_elsewhere(
    stack: Stack, kept: list[str], gained: list[str] | None, shown: str
) -> None:
    stays = stack.binding("edit", "ml", namespaces=kept)
    place = {"namespaces": gained} if gained else {}
    ends = stack.binding("edit", "ml", until=LATER, **place)

    difference = compare(at_now(stays), at_now(stays, ends))

    report = text_report.render(of_difference("dev", (Name("main"),), difference), width=None)
    assert shown in report


def test_a_right_that_is_also_given_without_an_end_stays(stack: Stack) -> None:
    given = [stack.binding("cluster-admin", "oncall", until=LATER)]
    both = at_now(*given, stack.binding("cluster-admin", "oncall"))

    (flag,) = review_flags.raised(compare(at_now(stack.binding("view", "ml")), both))

    assert spoken(flag.text, str).endswith("cluster-admin cluster wide")


def ends(before: list[dict[str, Any]], after: list[dict[str, Any]], **more: Any) -> list[Any]:
    """Role, place and both ends of each right that ends at another time."""
    difference = compare(at_now(ROOT, *before, **more), at_now(ROOT, *after, **more))
    data = json_report.of_difference("dev", "main", difference)
    assert (difference.gains, difference.losses) == ((), ())
    return [
        (e["clusterRole"], e["namespaces"], e["before"] and e["before"][:10], e["after"] and e["after"][:10])
        for e in data["ends"]
    ]  # fmt: skip


def oncall(role: str = "cluster-admin", **more: Any) -> dict[str, Any]:
    return {"clusterRole": role, "groups": ["oncall"], **more}


@pytest.mark.parametrize(
    ("was", "now", "flagged"),
    [
        (LATER, None, "now without an end (before: until 2026-12-31T00:00:00Z)"),
        (LATER, "2027-12-31", "now until 2027-12-31T00:00:00Z (before: until 2026-12-31T00:00:00Z)"),
        (OVER, LATER, "now until 2026-12-31T00:00:00Z (before: until 2026-11-30T00:00:00Z)"),
        ("2027-12-31", LATER, ""),
        (None, LATER, ""),
    ],
)  # fmt: skip
def test_another_end_is_shown_and_a_later_one_of_a_strong_role_needs_a_second_look(
    was: str | None, now: str | None, flagged: str
) -> None:
    before, after = (oncall(until=end) if end else oncall() for end in (was, now))

    assert ends([before], [after]) == [("cluster-admin", "*", was, now)]
    difference = compare(at_now(ROOT, before), at_now(ROOT, after))
    found = [(flag.kind, spoken(flag.text, str)) for flag in review_flags.raised(difference)]
    keeps = "Group okta:oncall (oncall) keeps cluster-admin cluster wide, "
    assert found == ([("end-extended", keeps + flagged)] if flagged else [])
    report = of_difference("dev", (Name("main"),), difference)
    (table,) = report.tables
    assert table.caption == "Other ends"
    assert spoken(report.summary, str).startswith("1 subject keeps rights that end at another time")


@pytest.mark.parametrize(
    ("binding", "is_flagged"),
    [
        (oncall("edit"), True),
        (oncall("admin", namespaces=["kube-system"]), True),
        (oncall("secrets", namespaces=["a"]), True),
        (oncall("system:node"), True),
        (oncall("theirs", namespaces=["a"]), True),
        (oncall("edit", namespaces=["a"]), False),
        (oncall("view"), False),
    ],
)
def test_a_longer_right_is_looked_at_as_one_that_is_gained(
    binding: dict[str, Any], is_flagged: bool
) -> None:
    rules = [{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}]
    roles = [{"name": "secrets", "rules": rules}]
    versions = (at_now(ROOT, one, roles=roles) for one in (binding | {"until": LATER}, binding))

    flags = review_flags.raised(compare(*versions))

    assert [flag.kind for flag in flags] == ["end-extended"] * is_flagged


def test_a_second_entry_without_an_end_makes_the_right_permanent() -> None:
    ending = oncall(until=LATER)

    assert ends([ending], [ending, oncall()]) == [("cluster-admin", "*", LATER, None)]
    assert ends([ending, oncall()], [ending]) == [("cluster-admin", "*", None, LATER)]
    assert ends([ending, oncall()], [oncall()]) == []


def test_the_end_of_a_right_is_the_latest_of_all_that_include_it() -> None:
    ending, weak = oncall(until=LATER), oncall("view", namespaces=["a"])

    assert ends([ending, weak], [ending]) == [("view", ["a"], None, LATER)]
    assert ends([ending, weak | {"until": OVER}], [ending]) == []
    both = [ending, oncall("edit", namespaces=["a"], until=LATER)]
    moved = [entry | {"until": "2027-12-31"} for entry in both]
    assert ends(both, moved) == [("cluster-admin", "*", LATER, "2027-12-31")]


def test_a_right_that_stays_longer_by_a_gain_is_said_once() -> None:
    gain = compare(at_now(ROOT, oncall("edit", until=LATER)), at_now(ROOT, oncall()))
    loss = compare(at_now(ROOT, oncall()), at_now(ROOT, oncall("edit", until=LATER)))

    assert (len(gain.gains), gain.ends) == (1, ())
    assert [(end.scope.role, end.is_later) for end in loss.ends] == [("edit", False)]


def test_a_role_that_extends_another_gives_that_one_until_its_own_end() -> None:
    roles = [{"name": "jobs", "extends": "view"}]
    view, jobs = oncall("view", until=LATER), oncall("jobs", until="2027-12-31")

    difference = compare(at_now(ROOT, view, roles=roles), at_now(ROOT, view, jobs, roles=roles))

    assert [gain.scope.role for gain in difference.gains] == ["jobs"]
    assert [end.scope.role for end in difference.ends] == ["view"]
    assert ends([jobs, view], [jobs | {"until": "2028-12-31"}, view], roles=roles) == [
        ("view", "*", "2027-12-31", "2028-12-31"),
        ("jobs", "*", "2027-12-31", "2028-12-31"),
    ]


def test_the_end_of_a_pipeline_is_one_too() -> None:
    pipeline = {"name": "ci", "namespace": "ci", "clusterRole": "edit", "namespaces": ["a"]}

    def given(**more: Any) -> Access:
        values = {"clusters": [{"name": "east"}], "automation": [pipeline | more]}
        return granted_access(StackSettings.model_validate(values), NOW)

    (end,) = compare(given(until=LATER), given()).ends

    assert (end.holder.subject, end.after) == ("system:serviceaccount:ci:ci", None)
