"""When a 404 is believed, and what is said about the cluster then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cks_components.api import errors
from cks_components.lifecycle.missing_cluster import (
    LastKnownCluster,
    organisation,
    read_existing_cluster,
)
from lab.api import faults, fleet

if TYPE_CHECKING:
    from tests.conftest import World

ID = fleet.CONTROL_PLANE
NEW_ID = "7a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
SEEN = LastKnownCluster("local-east", fleet.endpoint("local-east"))
ELSEWHERE = LastKnownCluster("theirs", "zz9999-0123abcd.k8s.us-east-04a.coreweave.com")


def test_two_reads_and_the_list_must_agree_that_a_cluster_is_gone(world: World) -> None:
    world.emulator.remove(ID)

    with pytest.raises(
        errors.GoneError,
        match="two reads returned 404 and the list of clusters does not show it; remove it",
    ):
        read_existing_cluster(world.client, ID, SEEN)

    assert [r.path.rpartition("/")[2] for r in world.emulator.requests] == [ID, ID, "clusters"]


def test_one_404_is_not_believed(world: World) -> None:
    faults.add(world.emulator, "refusal", code=5)

    assert read_existing_cluster(world.client, ID, SEEN).id == ID


def test_a_404_that_the_list_contradicts_stays_an_error(world: World) -> None:
    faults.add(world.emulator, "refusal", code=5, target=ID, times=None)

    with pytest.raises(errors.NotFoundError):
        read_existing_cluster(world.client, ID, SEEN)


def test_a_cluster_that_was_made_anew_is_noticed_and_explained(world: World) -> None:
    world.emulator.recreate(ID, NEW_ID)

    with pytest.raises(errors.GoneError, match=f"exists under another id, {NEW_ID}") as caught:
        read_existing_cluster(world.client, ID, SEEN)

    assert "no RBAC and another service-account issuer" in str(caught.value)


def test_a_cluster_that_is_shown_as_deleted_is_gone(world: World) -> None:
    world.emulator.change(ID, status="STATUS_DELETED")

    with pytest.raises(errors.GoneError, match="the API shows it as DELETED; remove it"):
        read_existing_cluster(world.client, ID, SEEN)


def test_a_cluster_that_was_never_seen_is_not_called_gone(world: World) -> None:
    with pytest.raises(errors.GoneError, match="does not exist, or this token cannot see it") as it:
        read_existing_cluster(world.client, NEW_ID, LastKnownCluster())

    assert f"check its id and the token's organisation ({fleet.ORGANISATION})" in str(it.value)


def test_the_list_of_another_organisation_proves_nothing(world: World) -> None:
    with pytest.raises(
        errors.RefusedError, match="to organisation zz9999, but the token"
    ) as caught:
        read_existing_cluster(world.client, NEW_ID, ELSEWHERE)

    assert fleet.ORGANISATION in str(caught.value)


def test_an_empty_list_is_believed_unless_the_token_is_known_to_be_a_strangers(
    world: World,
) -> None:
    faults.add(world.emulator, "empty_list", times=None)

    with pytest.raises(errors.RefusedError, match="cannot tell whether"):
        read_existing_cluster(world.client, NEW_ID, ELSEWHERE)
    with pytest.raises(errors.GoneError):
        read_existing_cluster(world.client, NEW_ID, SEEN)
    with pytest.raises(errors.GoneError):
        read_existing_cluster(world.client, NEW_ID, LastKnownCluster())


def test_the_organisation_is_the_first_part_of_the_host() -> None:
    assert organisation("CW-12-33de361c.k8s.us-east-04a.coreweave.com") == "cw-12"
    assert organisation("") == ""
