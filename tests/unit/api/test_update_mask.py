"""What a PATCH says, as a table of sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cks_components.api.models import Cluster, OidcConfig
from cks_components.api.update_mask import changed_leaves, differences, patch_body

ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
BASE = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "groupsPrefix": "idp:"}


def cluster(**oidc: object) -> Cluster:
    return Cluster.model_validate({"id": ID, "version": "v1.35", "oidc": oidc})


def oidc(**leaves: object) -> OidcConfig:
    return OidcConfig.model_validate(leaves)


def test_the_ten_leaves_are_those_of_the_schema() -> None:
    assert sorted(OidcConfig.leaves().values()) == [
        "adminGroupBinding",
        "ca",
        "clientId",
        "groupsClaim",
        "groupsPrefix",
        "issuerUrl",
        "requiredClaim",
        "signingAlgorithms",
        "usernameClaim",
        "usernamePrefix",
    ]


def test_where_nothing_differs_nothing_is_sent() -> None:
    assert patch_body(cluster(**BASE), oidc(**BASE)) is None


def test_the_mask_names_only_the_changed_leaf_and_the_body_has_the_whole_block() -> None:
    desired = BASE | {"groupsPrefix": "new:"}

    assert patch_body(cluster(**BASE), oidc(**desired)) == {
        "id": ID,
        "version": "v1.35",
        "oidc": desired,
        "updateMask": "oidc.groupsPrefix",
    }


def test_a_leaf_is_cleared_by_naming_it_without_a_value() -> None:
    desired = {k: v for k, v in BASE.items() if k != "groupsPrefix"}

    assert patch_body(cluster(**BASE), oidc(**desired)) == {
        "id": ID,
        "version": "v1.35",
        "oidc": desired,
        "updateMask": "oidc.groupsPrefix",
    }


def test_a_block_is_removed_by_naming_all_its_leaves_and_sending_none() -> None:
    body = patch_body(cluster(**BASE), oidc())

    assert body is not None
    assert "oidc" not in body
    assert body["updateMask"] == ",".join(
        f"oidc.{leaf}" for leaf in sorted(OidcConfig.leaves().values())
    )


def test_a_first_block_names_its_own_leaves_sorted() -> None:
    body = patch_body(cluster(), oidc(**BASE))

    assert body is not None
    assert body["updateMask"] == "oidc.clientId,oidc.groupsPrefix,oidc.issuerUrl"


@pytest.mark.parametrize("unset", [None, "", [], {}], ids=["null", "text", "list", "object"])
def test_every_spelling_of_unset_is_the_same(unset: object) -> None:
    assert cluster(**BASE, requiredClaim=unset).oidc == oidc(**BASE)


def test_a_null_block_is_an_unset_block() -> None:
    assert Cluster.model_validate({"id": ID, "oidc": None}).oidc.is_unset


def test_algorithms_are_a_set_of_names_or_numbers() -> None:
    assert oidc(signingAlgorithms=["RS256"]) == oidc(signingAlgorithms=[1, 0])


def test_a_difference_says_both_values() -> None:
    assert differences(oidc(**BASE), oidc(**BASE | {"groupsPrefix": ""})) == [
        "groupsPrefix: 'idp:' on the cluster, unset wanted"
    ]


leaf_values = st.none() | st.text(max_size=5)
blocks = st.fixed_dictionaries(
    {
        leaf: leaf_values
        for leaf in OidcConfig.leaves().values()
        if leaf not in ("signingAlgorithms", "ca")
    }
).map(OidcConfig.model_validate)


@given(blocks)
def test_normalising_twice_is_normalising_once(block: OidcConfig) -> None:
    assert OidcConfig.model_validate(block.wire()) == block
    assert OidcConfig.model_validate(block.model_dump(mode="json")) == block


@given(blocks, blocks)
def test_the_mask_is_empty_exactly_for_equal_blocks(one: OidcConfig, other: OidcConfig) -> None:
    assert (changed_leaves(one, other) == []) == (one == other)
