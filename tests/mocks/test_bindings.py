"""The bindings of a cluster: one for each role and place, whatever the entries look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cks_components import Binding, RoleBindings
from cks_components.api.models import OidcConfig
from cks_components.engine.resource_names import LONGEST, inside, joined
from cks_components.role_bindings import access, former_name

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

OIDC = OidcConfig(
    issuer_url="https://idp.example.com",
    client_id="cks",
    username_claim="email",
    groups_claim="groups",
)
ML = Binding(cluster_role="edit", groups=["ml", "ops"], namespaces=["training", "serving"])


def declared(engine: RecordingEngine, *bindings: Binding) -> dict[str, Any]:
    """What is bound, by the resource's name: who, by subject."""
    engine.registered.clear()
    engine.deploy(lambda: _ignored(RoleBindings("c", bindings, OIDC)))
    made = [r for r in engine.registered.values() if r.typ.endswith("RoleBinding")]
    return {r.name: r.inputs for r in made}


def who(inputs: Any) -> list[str]:
    return [f"{s['kind']} {s['name']}" for s in inputs["subjects"]]


def test_two_equal_entries_are_one_binding(engine: RecordingEngine) -> None:
    assert declared(engine, ML, ML) == declared(engine, ML)


def test_another_order_changes_nothing(engine: RecordingEngine) -> None:
    turned = Binding(
        cluster_role="edit", groups=["ops", "ml"], namespaces=["serving", "training", "serving"]
    )

    assert declared(engine, turned) == declared(engine, ML)
    assert access([turned], OIDC) == access([ML], OIDC)


def test_one_more_group_changes_the_subjects_of_the_same_bindings(engine: RecordingEngine) -> None:
    before = declared(engine, ML)
    more = Binding(cluster_role="edit", groups=["new"], namespaces=["training"])
    after = declared(engine, ML, more)

    assert set(after) == set(before) == {"c:training:edit", "c:serving:edit"}
    assert who(after["c:training:edit"]) == ["Group ml", "Group new", "Group ops"]
    assert after["c:serving:edit"] == before["c:serving:edit"]


def test_everybody_with_a_role_in_a_place_is_in_one_binding_users_first(
    engine: RecordingEngine,
) -> None:
    one = Binding(cluster_role="view", users=["zoe@example.com"], groups=["a"])
    two = Binding(cluster_role="view", users=["ann@example.com"], groups=["a"])

    (binding,) = declared(engine, one, two).values()

    assert who(binding) == ["User ann@example.com", "User zoe@example.com", "Group a"]


def test_an_entry_without_a_place_binds_nobody_and_says_so(engine: RecordingEngine) -> None:
    nowhere = Binding(cluster_role="edit", groups=["ml"], namespaces=[])

    assert declared(engine, nowhere) == {}
    assert access([nowhere], OIDC)[0]["namespaces"] == []


def test_roles_that_differ_in_a_colon_only_are_two_bindings(engine: RecordingEngine) -> None:
    """In release 0.1.0 both had one name, so that only one of them can lie in its states."""
    one = Binding(cluster_role="system:monitoring", groups=["ml"])
    two = Binding(cluster_role="system-monitoring", groups=["ml"])

    assert len(declared(engine, one, two)) == 2
    assert former_name("c", one, None) == former_name("c", two, None)


@pytest.mark.parametrize(
    ("binding", "namespace", "name"),
    [
        (Binding(cluster_role="cluster-admin", groups=["admins"]), None, "c-cluster-admin-2b57b3"),
        (ML, "training", "c-edit-d1c377-training"),
        (Binding(cluster_role="x:y", users=["a"], groups=["b"]), None, "c-x-y-1a4677"),
    ],
)
def test_the_names_of_release_0_1_0_never_change(
    binding: Binding, namespace: str | None, name: str
) -> None:
    assert former_name("c", binding, namespace) == name


def test_names_of_different_parts_are_different_however_long_and_odd_they_are() -> None:
    parts = [
        ("train", "a-deployer"),
        ("train-a", "deployer"),
        ("train", "a", "b-c"),
        ("train", "a-b", "c"),
        ("train:a", "b"),
        ("train", "a:b"),
        ("train", "a:b", "c"),
        ("t", "x" * LONGEST),
        ("t", "x" * (LONGEST + 1)),
    ]

    made = {joined(*given) for given in parts}

    # The role stands last and may have a colon: a name with two parts is of another kind of object.
    assert len(made) == len(parts)
    assert max(map(len, made)) <= LONGEST
    assert joined("c", "training", "edit") == "c:training:edit"


def test_what_lies_in_a_thing_of_its_own_name_begins_with_it_and_is_told_apart() -> None:
    parts = [
        ("c:a", "x", "view"),
        ("c", "a:x", "view"),
        ("c:a-x", "y", "view"),
        ("c:a", "x-y", "view"),
        ("c", "a", "x:view"),
        ("c", "a", "x" * (LONGEST + 1)),
    ]

    made = {inside(*given) for given in parts}

    assert len(made) == len(parts)
    assert all(inside(*given).startswith(given[0]) for given in parts)
    assert inside("c:a", "x", "view") == "c:a:x:view"


def _ignored(_component: RoleBindings) -> None:
    """A program returns nothing."""
