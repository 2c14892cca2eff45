"""Rights with an end in the access of a stack file, and in what a change of it gives and takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

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


def at_now(*bindings: dict[str, Any]) -> Access:
    values = {"clusters": [{"name": "east"}], "identity": IDENTITY, "bindings": list(bindings)}
    return granted_access(StackSettings.model_validate(values), NOW)


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


def test_a_right_that_is_also_given_without_an_end_stays(stack: Stack) -> None:
    given = [stack.binding("cluster-admin", "oncall", until=LATER)]
    both = at_now(*given, stack.binding("cluster-admin", "oncall"))

    (flag,) = review_flags.raised(compare(at_now(stack.binding("view", "ml")), both))

    assert spoken(flag.text, str).endswith("cluster-admin cluster wide")
