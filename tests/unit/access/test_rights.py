"""What covers what, and what is left over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cks_components.access import role_meaning
from cks_components.access.rights import Right, Scope, scopes, strongest, surplus

ROLES = st.sampled_from(["cluster-admin", "admin", "edit", "view", "logs-reader", "gpu-quota"])
PLACES = st.sampled_from([None, "a", "b"])
RIGHTS = st.builds(Right, ROLES, PLACES)
SETS = st.frozensets(RIGHTS, max_size=6)


@pytest.mark.parametrize(
    ("one", "other", "is_covered"),
    [
        (Right("edit", None), Right("edit", "a"), True),
        (Right("edit", "a"), Right("edit", None), False),
        (Right("edit", "a"), Right("edit", "b"), False),
        (Right("admin", "a"), Right("view", "a"), True),
        (Right("view", None), Right("edit", "a"), False),
        (Right("cluster-admin", None), Right("logs-reader", "a"), True),
        (Right("admin", None), Right("logs-reader", None), False),
        (Right("logs-reader", None), Right("view", None), False),
    ],
    ids=str,
)
def test_a_stronger_role_in_a_wider_place_covers_a_weaker_one(
    one: Right, other: Right, is_covered: bool
) -> None:
    assert one.covers(other) is is_covered


@given(RIGHTS)
def test_a_right_covers_itself(right: Right) -> None:
    assert right.covers(right)


@given(RIGHTS, RIGHTS, RIGHTS)
def test_covering_goes_through(one: Right, two: Right, three: Right) -> None:
    if one.covers(two) and two.covers(three):
        assert one.covers(three)


@given(RIGHTS, RIGHTS)
def test_two_rights_that_cover_each_other_are_one(one: Right, two: Right) -> None:
    assert (one.covers(two) and two.covers(one)) == (one == two)


@given(RIGHTS, RIGHTS, RIGHTS)
def test_what_two_have_in_common_is_the_most_that_both_cover(
    one: Right, two: Right, any_other: Right
) -> None:
    shared = one.common(two)

    assert shared == two.common(one)
    if shared is not None:
        assert one.covers(shared)
        assert two.covers(shared)
    if one.covers(any_other) and two.covers(any_other):
        assert shared is not None
        assert shared.covers(any_other)


@given(SETS)
def test_the_strongest_rights_cover_all_the_others(rights: frozenset[Right]) -> None:
    kept = strongest(rights)

    assert all(any(k.covers(r) for k in kept) for r in rights)
    assert not any(a.covers(b) for a in kept for b in kept - {a})


@given(SETS, SETS)
def test_nothing_is_left_over_exactly_where_all_is_covered(
    these: frozenset[Right], those: frozenset[Right]
) -> None:
    is_covered = all(any(o.covers(r) for o in those) for r in these)

    assert (surplus(these, those) == []) is is_covered


@given(SETS, SETS)
def test_the_remainder_is_a_part_of_both(these: frozenset[Right], those: frozenset[Right]) -> None:
    for scope, parts in surplus(these, those):
        whole = {Right(scope.role, n) for n in scope.namespaces or (None,)}
        for part in parts:
            for right in {Right(part.role, n) for n in part.namespaces or (None,)}:
                assert any(w.covers(right) for w in whole)
                assert any(o.covers(right) for o in those)


BEYOND: list[tuple[str, set[Right], set[Right], list[tuple[Scope, tuple[Scope, ...]]]]] = [
    (
        "from everywhere to one namespace",
        {Right("edit", None)},
        {Right("edit", "a")},
        [(Scope("edit", None), (Scope("edit", ("a",)),))],
    ),
    (
        "a weaker role everywhere stays in the namespace",
        {Right("edit", "a"), Right("edit", "b")},
        {Right("view", None)},
        [(Scope("edit", ("a", "b")), (Scope("view", ("a", "b")),))],
    ),
    (
        "namespaces that keep different things are told apart",
        {Right("edit", "a"), Right("edit", "b")},
        {Right("view", "a")},
        [(Scope("edit", ("a",)), (Scope("view", ("a",)),)), (Scope("edit", ("b",)), ())],
    ),
    (
        "one namespace of two",
        {Right("edit", "a"), Right("edit", "b")},
        {Right("edit", "b")},
        [(Scope("edit", ("a",)), ())],
    ),
    (
        "what a stronger right covers is not told twice",
        {Right("view", "a"), Right("admin", None)},
        set(),
        [(Scope("admin", None), ())],
    ),
    (
        "the strongest first, roles of one's own last",
        {Right("x", None), Right("view", None), Right("admin", "a")},
        set(),
        [(Scope("admin", ("a",)), ()), (Scope("view", None), ()), (Scope("x", None), ())],
    ),
]


@pytest.mark.parametrize(
    ("these", "those", "rows"), [b[1:] for b in BEYOND], ids=[b[0] for b in BEYOND]
)
def test_only_the_rest_is_left_over(
    these: set[Right], those: set[Right], rows: list[tuple[Scope, tuple[Scope, ...]]]
) -> None:
    assert surplus(these, those) == rows


def test_a_role_that_holds_cluster_wide_needs_no_namespaces() -> None:
    assert scopes([Right("view", "a"), Right("view", None)]) == (Scope("view", None),)


def test_an_unknown_role_is_left_to_its_cluster_role() -> None:
    assert (
        role_meaning.meaning("x").sentence
        == "may do what the ClusterRole of this name allows on the cluster"
    )
    assert role_meaning.meaning("edit").sentence.endswith("; not roles, bindings or nodes")
