"""Who gains and who loses, whatever else changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from cks_components.access.difference import Difference, compare
from cks_components.access.grants import NO_ACCESS, Access, granted_access
from cks_components.access.rights import Scope
from cks_components.stack_file.settings import StackSettings

if TYPE_CHECKING:
    from tests.unit.access.conftest import Stack

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
NAMES = st.lists(st.sampled_from(["ml", "ops", "okta:ml"]), unique=True)
BINDINGS = st.lists(
    st.fixed_dictionaries(
        {
            "clusterRole": st.sampled_from(["cluster-admin", "admin", "edit", "view", "logs"]),
            "groups": NAMES,
            "users": NAMES,
        },
        optional={"namespaces": st.sampled_from([["a"], ["b", "a"]])},
    ),
    max_size=4,
)
CLUSTERS = st.lists(
    st.sampled_from([{"name": "east"}, {"name": "west", "alias": "w"}, {"id": ID, "alias": "w"}]),
    min_size=1,
    max_size=2,
    unique_by=lambda cluster: cluster.get("alias") or cluster["name"],
)
IDENTITIES = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "issuerUrl": st.sampled_from(["https://a", "https://b"]),
            "clientId": st.just("c"),
            "usernameClaim": st.sampled_from([None, "email"]),
            "groupsClaim": st.sampled_from([None, "groups"]),
            "groupsPrefix": st.sampled_from([None, "okta:"]),
            "adminGroupBinding": st.sampled_from([None, "ml"]),
        }
    ),
)


def _access(values: dict[str, Any]) -> Access:
    written = {k: v for k, v in values.items() if v is not None}
    return granted_access(StackSettings.model_validate(written))


VERSIONS = st.one_of(
    st.just(NO_ACCESS),
    st.fixed_dictionaries({"clusters": CLUSTERS, "identity": IDENTITIES, "bindings": BINDINGS}).map(
        _access
    ),
)


@given(VERSIONS)
def test_a_version_differs_from_itself_in_nothing(version: Access) -> None:
    found = compare(version, version)

    assert not any((found.gains, found.losses, found.renamed, found.log_in))
    assert not any((found.clusters.added, found.clusters.removed))


@given(VERSIONS, VERSIONS)
def test_what_one_direction_gives_the_other_takes(one: Access, other: Access) -> None:
    there, back = compare(one, other), compare(other, one)

    assert there.gains == back.losses
    assert there.losses == back.gains


@given(VERSIONS)
def test_where_nothing_was_everything_is_gained(version: Access) -> None:
    found = compare(NO_ACCESS, version)

    assert found.losses == ()
    assert {c.holder for c in found.gains} == {g.holder for g in version.grants}
    assert all(c.remainder == () for c in found.gains)


def told(found: Difference) -> tuple[list[tuple[str, Scope]], list[tuple[str, Scope]]]:
    return (
        [(c.holder.subject, c.scope) for c in found.gains],
        [(c.holder.subject, c.scope) for c in found.losses],
    )


def test_from_everywhere_to_a_namespace_only_the_rest_is_lost(stack: Stack) -> None:
    found = stack.difference(
        [stack.binding("edit", "ml")], [stack.binding("edit", "ml", namespaces=["a"])]
    )

    (loss,) = found.losses
    assert found.gains == ()
    assert (loss.scope, loss.remainder) == (Scope("edit", None), (Scope("edit", ("a",)),))


def test_a_right_that_another_binding_gives_too_is_not_lost(stack: Stack) -> None:
    kept = stack.binding("admin", "ml", namespaces=["a", "b"])
    also = stack.binding("view", "ml", namespaces=["a"])

    assert told(stack.difference([kept, also], [kept])) == ([], [])


def test_bindings_may_be_written_otherwise(stack: Stack) -> None:
    one = [stack.binding("edit", "ml", "ops", namespaces=["a", "b"])]
    other = [
        stack.binding("edit", "ops", namespaces=["b", "a"]),
        stack.binding("edit", "ml", namespaces=["a"]),
        stack.binding("edit", "ml", namespaces=["b"]),
    ]

    assert told(stack.difference(one, other)) == ([], [])


def test_a_binding_that_moves_to_its_clusters_changes_nothing(stack: Stack) -> None:
    binding = stack.binding("edit", "ml")
    before = stack.access(binding, clusters=[{"name": "east"}])
    after = stack.access(clusters=[{"name": "east", "bindings": [binding]}])

    assert told(compare(before, after)) == ([], [])


def test_a_user_and_a_group_of_one_name_are_two(stack: Stack) -> None:
    found = stack.difference(
        [stack.binding("view", "ml")], [stack.binding("view", users=["okta:ml"])]
    )

    assert told(found) == (
        [("okta:ml", Scope("view", None))],
        [("okta:ml", Scope("view", None))],
    )
    assert [c.holder.kind for c in (*found.gains, *found.losses)] == ["User", "Group"]


def test_another_prefix_renames_and_takes_nothing(stack: Stack) -> None:
    bindings = [stack.binding("edit", "ml", "ops", users=["alice"]), stack.binding("view", "ml")]

    found = compare(stack.identity(*bindings), stack.identity(*bindings, groupsPrefix="corp:"))

    assert told(found) == ([], [])
    assert [(r.before.subject, r.after.subject) for r in found.renamed] == [
        ("okta:ml", "corp:ml"),
        ("okta:ops", "corp:ops"),
    ]


def test_a_rename_hides_no_gain(stack: Stack) -> None:
    found = compare(
        stack.identity(stack.binding("view", "ml")),
        stack.identity(stack.binding("edit", "ml"), groupsPrefix="corp:"),
    )

    assert told(found) == ([("corp:ml", Scope("edit", None))], [])
    assert found.gains[0].remainder == (Scope("view", None),)


def test_another_claim_renames_the_users(stack: Stack) -> None:
    binding = stack.binding("view", users=["alice"])

    found = compare(stack.identity(binding), stack.identity(binding, usernameClaim="sub"))

    assert told(found) == ([], [])
    assert [r.after.subject for r in found.renamed] == ["https://idp.example.com#alice"]


def test_a_renamed_subject_is_told_once_whatever_the_number_of_clusters(stack: Stack) -> None:
    clusters = [{"name": "east"}, {"name": "west"}]
    binding = stack.binding("view", "ml")
    before = stack.access(binding, clusters=clusters)
    identity = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "groupsClaim": "groups"}
    after = stack.access(binding, clusters=clusters, identity=identity)

    assert len(compare(before, after).renamed) == 1


def test_a_name_that_is_prefixed_by_hand_is_another_group_at_the_provider(stack: Stack) -> None:
    found = compare(
        stack.identity(stack.binding("view", "ml")),
        stack.identity(stack.binding("view", "okta:ml"), groupsPrefix=None),
    )

    assert [c.holder.name for c in found.gains] == ["okta:ml"]
    assert [c.holder.name for c in found.losses] == ["ml"]


def test_a_provider_that_comes_to_a_stack_of_bindings_changes_no_subject(stack: Stack) -> None:
    before = stack.access(stack.binding("view", "okta:ml"), identity=None)
    after = stack.access(stack.binding("view", "ml"))

    found = compare(before, after)

    assert told(found) == ([], [])
    assert (found.is_identity_added, found.is_identity_removed) == (True, False)
    assert not any((found.log_in, found.renamed))


def test_the_group_that_cks_binds_is_never_taken_for_a_bound_one(stack: Stack) -> None:
    before = stack.identity(adminGroupBinding="ml", groupsPrefix=None)
    after = stack.identity(stack.binding("cluster-admin", "ml"), groupsPrefix=None)

    found = compare(before, after)

    assert [c.holder.is_bound_by_cks for c in (*found.gains, *found.losses)] == [False, True]


def test_a_removed_cluster_takes_everything_there(stack: Stack) -> None:
    binding = stack.binding("view", "ml")
    before = stack.access(binding, clusters=[{"name": "east"}, {"name": "west"}])
    after = stack.access(binding, clusters=[{"name": "east"}])

    found = compare(before, after)

    assert [(c.cluster, c.holder.subject) for c in found.losses] == [("west", "okta:ml")]
    assert found.gains == ()


def test_a_cluster_with_another_alias_is_the_same_cluster(stack: Stack) -> None:
    binding = stack.binding("view", "ml")
    before = stack.access(binding, clusters=[{"name": "east"}])
    after = stack.access(binding, clusters=[{"name": "east", "alias": "e"}])

    assert told(compare(before, after)) == ([], [])


def test_changes_stand_in_the_order_of_the_clusters_then_of_the_subjects(stack: Stack) -> None:
    found = stack.difference(
        [],
        [stack.binding("view", "b"), stack.binding("edit", "b", "a", namespaces=["x"])],
        clusters=[{"name": "west"}, {"name": "east"}],
    )

    assert [(c.cluster, c.holder.name, c.scope.role) for c in found.gains] == [
        ("west", "a", "edit"),
        ("west", "b", "edit"),
        ("west", "b", "view"),
        ("east", "a", "edit"),
        ("east", "b", "edit"),
        ("east", "b", "view"),
    ]
