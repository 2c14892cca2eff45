"""What a provider method is really given and gives: floats, lost nulls, unknowns, error texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2

from lab.api import fleet

if TYPE_CHECKING:
    from tests.wire.conftest import Wire

ID = fleet.CONTROL_PLANE
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
DIFFERENT = provider_pb2.DiffResponse.DIFF_SOME
EQUAL = provider_pb2.DiffResponse.DIFF_NONE


def test_the_provider_is_found_by_reference_in_a_fresh_process(wire: Wire) -> None:
    assert len(wire.news["__provider"]) < 120

    inputs, failures = wire.check()

    assert failures == []
    assert inputs["signing_algorithms"] == ["SIGNING_ALGORITHM_RS256"]


def test_what_was_created_differs_in_nothing_although_numbers_became_floats(wire: Wire) -> None:
    inputs, _ = wire.check()

    state = wire.create(inputs)

    assert state["update_timeout_seconds"] == 60
    assert wire.diff(state, inputs).changes == EQUAL
    assert wire.diff(state, wire.check(ca=None)[0]).changes == EQUAL


def test_failures_come_without_a_property_so_that_no_value_is_printed(wire: Wire) -> None:
    _, failures = wire.check(issuer_url="http://x", required_claim="hd")

    assert [(p, reason.partition(":")[0]) for p, reason in failures] == [
        ("", "issuerUrl"),
        ("", "requiredClaim"),
    ]


def test_a_value_that_a_preview_does_not_know_passes_and_counts_as_changed(wire: Wire) -> None:
    state, _ = wire.check()

    inputs, failures = wire.check(client_id=UNKNOWN)

    assert failures == []
    assert inputs["client_id"] == UNKNOWN
    assert wire.diff(state, inputs).changes == DIFFERENT


def test_another_cluster_is_a_replacement_in_either_direction(wire: Wire) -> None:
    one, _ = wire.check()
    other, _ = wire.check(cluster_id="other")

    assert list(wire.diff(one, other).replaces) == ["cluster_id"]
    assert list(wire.diff(other, one).replaces) == ["cluster_id"]


def test_a_refresh_returns_inputs_as_check_writes_them(wire: Wire) -> None:
    inputs, _ = wire.check()
    state = wire.create(inputs)
    wire.emulator.change(ID, oidc=wire.emulator.cluster(ID)["oidc"] | {"groupsClaim": "g"})

    answer = wire.read(state)

    live = json_format.MessageToDict(answer.inputs)
    assert live["groups_claim"] == "g"
    # On refresh the engine asks with the roles swapped.
    assert wire.diff(live, inputs).changes == DIFFERENT
    assert wire.diff(inputs, live).changes == DIFFERENT


def test_a_cluster_that_is_gone_reads_as_gone(wire: Wire) -> None:
    state, _ = wire.check()
    wire.emulator.remove(ID)

    assert wire.read(state).id == ""


def test_an_error_is_one_message_that_stands_alone(wire: Wire) -> None:
    wire.emulator.change(ID, status="STATUS_FAILED")

    with pytest.raises(grpc.RpcError) as caught:
        wire.create(wire.check()[0])

    said = str(caught.value)
    assert "waiting does not change that" in said
    assert 'File "' not in said


def test_waiting_is_told_in_the_resources_own_row(wire: Wire) -> None:
    inputs, _ = wire.check()

    wire.delete(wire.create(inputs))

    assert wire.engine.messages
    assert {urn for urn, _ in wire.engine.messages} == {wire.news["__urn"]}
    assert "UPDATING" in wire.engine.messages[0][1]
    assert "oidc" not in wire.emulator.cluster(ID)
