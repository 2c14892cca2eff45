"""A value that is not known raises where it is used, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cks_components.stack_file.settings import StackSettings
from cks_components.stack_file.unknown_values import UnknownValue, UnknownValueError, deferred

GROUPS = UnknownValue("bindings[0].groups[1]", "is encrypted")


def settings() -> StackSettings:
    return StackSettings.model_validate(
        {
            "clusters": [{"name": "east"}],
            "identity": {"issuerUrl": "https://idp.example.com", "clientId": "cks"},
            "bindings": [{"clusterRole": "view", "groups": ["ml", "ops"]}],
        }
    )


def test_only_the_field_around_a_forgotten_value_raises() -> None:
    part = settings()

    part.forget_at(("bindings", 0, "groups", 1), GROUPS)

    (binding,) = part.bindings
    assert binding.cluster_role == "view"
    with pytest.raises(UnknownValueError, match=r"^bindings\[0\].groups\[1\]: is encrypted$"):
        _ = binding.groups


@pytest.mark.parametrize(
    ("place", "field"),
    [
        (("identity", "nothing"), "identity"),
        (("identity",), "identity"),
        (("bindings", 3), "bindings"),
        (("webhooks", "authentication", "server"), "webhooks"),
    ],
)
def test_where_there_is_no_field_the_nearest_one_is_forgotten(
    place: tuple[int | str, ...], field: str
) -> None:
    part = settings()

    part.forget_at(place, GROUPS)

    assert part.known(field) is None
    assert part.known("clusters") is not None
    assert settings().known(field) is not None  # another file is not concerned


def test_an_entry_of_a_list_is_forgotten_with_all_its_fields() -> None:
    part = settings()

    part.forget_at(("clusters", 0), GROUPS)

    with pytest.raises(UnknownValueError):
        _ = part.clusters[0].name
    assert part.clusters[0].known("id") is None


def test_a_key_that_no_part_has_changes_nothing() -> None:
    part = settings()

    part.forget_at(("nothing",), GROUPS)

    assert part == settings()


def test_a_block_knows_which_of_its_leaves_are_unknown() -> None:
    part = settings()
    part.forget_at(("identity", "issuerUrl"), GROUPS)

    assert part.oidc.client_id == "cks"
    assert not part.oidc.is_unset
    with pytest.raises(UnknownValueError):
        _ = part.oidc.issuer_url


def test_a_misspelt_attribute_is_still_an_error_of_the_program() -> None:
    with pytest.raises(AttributeError):
        _ = settings().issuer  # type: ignore[attr-defined] # that is what is tested


@pytest.mark.parametrize(
    "use",
    [
        *(bool, len, str, hash, list),
        pytest.param(lambda value: value.attribute, id="attribute"),
        pytest.param(lambda value: value == 1, id="equal"),
        pytest.param(lambda value: 1 in value, id="in"),
    ],
)
def test_what_is_deferred_raises_at_its_first_use(use: Callable[[Any], Any]) -> None:
    part = settings()
    part.forget_at(("identity",), GROUPS)

    value = deferred(lambda: part.identity)

    with pytest.raises(UnknownValueError):
        use(value)
    assert deferred(lambda: 7) == 7
