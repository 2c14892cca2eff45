"""Entries of a stack file that give the same role twice are reported with both places."""

from __future__ import annotations

from typing import Any

from cks_components.rules import examine
from tests.unit.rules.subjects import ID

OTHER = "1b5274f2-8012-4b68-9010-cc4c51613303"
VIEW: dict[str, Any] = {"groups": ["ml", "ops"], "clusterRole": "view", "namespaces": ["a", "b"]}


def repeated(bindings: list[Any], *own: list[Any]) -> list[str]:
    ids = [ID, OTHER][: max(1, len(own))]
    clusters = [{"id": id_, "bindings": own[i] if own else []} for i, id_ in enumerate(ids)]
    found = examine({"clusters": clusters, "bindings": bindings}).findings
    assert not any(finding.refuses for finding in found)
    return [str(finding) for finding in found if finding.rule == "RBAC-10"]


def test_two_equal_entries_are_no_error_and_said_with_both_paths() -> None:
    (line,) = repeated([VIEW, VIEW])

    assert line.startswith("bindings[1]: repeats bindings[0]: ")
    assert line.count(" gets view in namespace ") == 4


def test_what_is_given_twice_in_part_is_named_alone() -> None:
    other = {"groups": ["ml"], "clusterRole": "view", "namespaces": ["b", "c"]}

    (line,) = repeated([VIEW, other])

    assert line.count("gets") == 1
    assert '"ml" gets view in namespace b' in line


def test_a_cluster_s_own_entry_repeats_the_stack_s_but_not_another_cluster_s() -> None:
    (line,) = repeated([VIEW], [VIEW], [])
    assert line.startswith("clusters[0].bindings[0]: repeats bindings[0]")

    assert repeated([], [VIEW], [VIEW]) == []


def test_another_role_place_or_kind_is_not_the_same() -> None:
    wide = {"groups": ["ml"], "clusterRole": "view"}
    edit = VIEW | {"clusterRole": "edit"}
    user = {"users": ["ml"], "clusterRole": "view", "namespaces": ["a"]}

    assert repeated([VIEW, wide, edit, user]) == []


def test_what_has_ended_repeats_nothing_and_is_not_repeated() -> None:
    over = VIEW | {"until": "2020-01-01"}

    assert repeated([over, VIEW, over]) == []


def test_of_two_entries_that_end_at_different_times_both_ends_are_said() -> None:
    temporary = {"groups": ["ml"], "clusterRole": "view", "until": "2999-12-31"}
    permanent = {"groups": ["ml"], "clusterRole": "view"}

    (line,) = repeated([temporary, permanent])

    assert line.endswith(
        "bindings[0] ends 2999-12-31T00:00:00Z and this entry never ends, and the right stays "
        "until the later end, so remove one of the two [RBAC-10]"
    )
