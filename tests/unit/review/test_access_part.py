"""What a reviewer reads about access: a change, a deleted file, a renamed one."""

from __future__ import annotations

from typing import Any

from cks_components.access.difference import compare
from cks_components.access.grants import NO_ACCESS, Access
from cks_components.access.quoted_text import Name
from cks_components.review import access_part
from cks_components.review.part import Attention, Part
from tests.unit.access.conftest import Stack

STACK = Stack()
BASE = (Name("main"),)
VIEW, EDIT, ADMIN = (
    STACK.access(STACK.binding(role, "ml")) for role in ("view", "edit", "cluster-admin")
)


def between(before: Access, after: Access, **more: Any) -> Part:
    return access_part.of_difference("dev", BASE, compare(before, after), **more)


def test_without_a_change_there_is_only_a_sentence() -> None:
    part = between(VIEW, VIEW)

    assert (part.attention, part.points, part.shown, part.folds) == (Attention.NONE, (), (), ())
    assert (part.verdict, part.summary, part.heading) == (
        "compared with `main`, nobody gains or loses rights",
        "Compared with `main`, nobody gains or loses rights.",
        "",
    )


def test_a_change_that_needs_no_second_look_is_a_note_with_its_tables_first() -> None:
    part = between(EDIT, VIEW)

    assert (part.attention, part.points) == (Attention.NOTE, ())
    assert part.heading == "Access, compared with `main`"
    assert part.shown[0] == "**Losses**"
    assert part.folds[0].title == "The roles"
    assert part.folds[0].lines[0].startswith("- `edit`: may change most things")
    assert part.command == "cks-access access dev --diff main"


def test_what_needs_a_second_look_is_a_point() -> None:
    part = between(VIEW, ADMIN)

    assert part.attention is Attention.REVIEW
    assert [point.text for point in part.points] == [
        "`east`: Group `okta:ml` (`ml`) gets `cluster-admin` cluster wide"
    ]
    assert part.verdict.endswith("; 1 change needs a second look")


def test_a_doubt_about_the_base_is_a_point_too() -> None:
    part = between(VIEW, VIEW, doubts=[("cannot read ", Name("x"))])

    assert [point.text for point in part.points] == ["cannot read `x`"]
    assert part.attention is Attention.REVIEW


def test_a_deleted_file_takes_nothing_from_anybody_and_says_how_to() -> None:
    part = access_part.of_deletion("dev", "c0ffee", VIEW, (), is_destroyed=False)

    first, second = (point.text for point in part.points)
    assert part.attention is Attention.REVIEW
    assert part.verdict == "its file is deleted; 1 subject has access by it to 1 cluster"
    assert first.startswith("merging this changes nothing on the clusters")
    assert "`pulumi destroy --stack dev`, then `pulumi stack rm dev`" in second
    assert part.heading == "Access by the file at `c0ffee`"
    assert "| `east` | Group `okta:ml` (`ml`) | `view` | cluster wide | bindings[0] |" in part.shown


def test_a_deleted_file_that_could_not_be_read_hides_who_has_access() -> None:
    doubt = ("the file could not be read",)

    part = access_part.of_deletion("dev", "c0ffee", NO_ACCESS, (doubt,), is_destroyed=False)

    assert part.verdict == "its file is deleted; who has access by it is not known"
    assert part.points[2].text == "the file could not be read"


def test_a_deleted_file_of_a_stack_that_was_destroyed_is_only_a_note() -> None:
    part = access_part.of_deletion("dev", "c0ffee", VIEW, (), is_destroyed=True)

    assert (part.attention, part.points, part.shown) == (Attention.NOTE, (), ())
    assert part.verdict == "its file is deleted, and nothing of it is left on the clusters"


def test_a_base_that_cannot_be_read_is_a_failure() -> None:
    part = access_part.not_compared("dev", "main", 'cannot compare with "main"')

    assert part.attention is Attention.FAILURE
    assert part.verdict == "its access could not be compared with `main`"
    assert [point.text for point in part.points] == ['cannot compare with "main"']


def test_a_renamed_file_needs_a_renamed_state() -> None:
    part = access_part.of_renaming("dev", "test", BASE, compare(VIEW, ADMIN))

    first, second = (point.text for point in part.points)
    assert part.verdict == "its file is renamed, so the stack `test` replaces it"
    assert "`pulumi stack rename test --stack dev`" in first
    assert "gets `cluster-admin`" in second
    assert part.shown[0] == "**Gains**"


def test_a_long_table_shows_its_first_rows_and_folds_the_others() -> None:
    many = STACK.access(*(STACK.binding("view", f"team-{index:03}") for index in range(100)))

    part = between(STACK.access(), many)

    rows, roles = part.folds
    assert [line for line in part.shown if "team-039" in line]
    assert not [line for line in part.shown if "team-040" in line]
    assert (rows.title, roles.title) == ("Gains: 60 more", "The roles")
    assert rows.lines[:2] == part.shown[2:4]  # the header
    assert "team-040" in rows.lines[2]
    assert len(rows.lines) == 62


def test_a_right_that_only_ends_later_is_in_the_headline_and_a_point() -> None:
    ending = STACK.access(STACK.binding("cluster-admin", "ml", until="2999-12-31"))

    longer, shorter = between(ending, ADMIN), between(ADMIN, ending)

    assert longer.attention is Attention.REVIEW
    assert longer.points[0].text.endswith(
        "keeps `cluster-admin` cluster wide, now without an end (before: until "
        "2999-12-31T00:00:00Z)"
    )
    assert (shorter.attention, shorter.points) == (Attention.NOTE, ())
    assert shorter.shown[0] == "**Other ends**"
    for part in (longer, shorter):
        assert part.verdict.startswith("1 subject keeps rights that end at another time")
