"""A cluster is its id: what the stack file calls it is only a name."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from cks_components import ClusterOidc, ClusterOidcArgs
from cks_components.api.errors import SettingsError
from cks_components.engine import stack_state
from cks_components.engine.resource_names import cluster_name
from cks_components.stack import deploy

if TYPE_CHECKING:
    from tests.mocks.conftest import RecordingEngine

FIRST, SECOND, THIRD = (f"00000000-0000-4000-8000-{n:012d}" for n in range(3))
STACK = "urn:pulumi:test::cks-access::pulumi:pulumi:Stack::cks-access-test"


def deploy_clusters(engine: RecordingEngine, **named: str) -> None:
    clusters = [
        {"id": id_, "alias": name, "endpoint": f"{name}.example.com"} for name, id_ in named.items()
    ]
    identity = {
        "provider": "okta",
        "issuerUrl": "https://idp.example.com",
        "clientId": "cks",
        "usernameClaim": "email",
    }
    config = {
        "cks-access:identity": json.dumps(identity),
        "cks-access:clusters": json.dumps(clusters),
    }
    engine.deploy(lambda: deploy(config))


def exported_before(engine: RecordingEngine, **named: str) -> None:
    clusters = {name: {"id": id_} for name, id_ in named.items()}
    outputs = {"clusters": clusters}
    engine.state[STACK] = {"type": "pulumi:pulumi:Stack", "outputs": outputs}


def former_names(engine: RecordingEngine, cluster_id: str) -> list[str]:
    return engine.aliases[cluster_name(cluster_id)]


def test_a_new_name_is_said_and_leads_to_the_resources_of_the_old_one(
    engine: RecordingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    exported_before(engine, east=FIRST)

    deploy_clusters(engine, train=FIRST)

    assert f'cluster {FIRST} is renamed from "east" to "train"' in caplog.text
    assert former_names(engine, FIRST) == ["east"]


def test_a_cluster_that_was_made_anew_takes_over_from_the_one_of_its_name(
    engine: RecordingEngine,
) -> None:
    exported_before(engine, east=FIRST)

    deploy_clusters(engine, east=SECOND)

    assert former_names(engine, SECOND) == [cluster_name(FIRST), "east"]


def test_a_name_that_belonged_to_another_cluster_of_the_stack_leads_nowhere(
    engine: RecordingEngine,
) -> None:
    exported_before(engine, east=FIRST, west=SECOND)

    deploy_clusters(engine, west=FIRST, east=THIRD, old=SECOND)

    assert former_names(engine, FIRST) == ["east"]
    assert former_names(engine, SECOND) == ["west"]
    assert former_names(engine, THIRD) == []


def test_what_an_update_left_under_names_of_0_1_is_found_by_the_next_one(
    engine: RecordingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its outputs said the new names already, and the engine leads to no child of what has moved."""
    exported_before(engine, east=FIRST, new=SECOND)
    engine.state[STACK]["outputs"]["formerNames"] = {FIRST: "west"}
    engine.state["urn:pulumi:test::cks-access::T::west-oidc"] = {"type": "T", "outputs": {}}
    exported: dict[str, Any] = {}
    monkeypatch.setattr(pulumi, "export", exported.__setitem__)

    deploy_clusters(engine, train=FIRST, new=SECOND)

    assert former_names(engine, FIRST) == ["west"]
    assert engine.aliases[f"{cluster_name(FIRST)}-oidc"] == ["west-oidc"]
    assert exported["formerNames"] == {FIRST: "west"}


def test_former_names_are_forgotten_once_nothing_is_called_so(
    engine: RecordingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported_before(engine, east=FIRST)
    engine.state[STACK]["outputs"]["formerNames"] = {FIRST: "west"}
    exported: dict[str, Any] = {}
    monkeypatch.setattr(pulumi, "export", exported.__setitem__)

    deploy_clusters(engine, east=FIRST)

    assert "formerNames" not in exported


def test_two_clusters_whose_resources_would_have_one_name_are_refused(
    engine: RecordingEngine,
) -> None:
    same_digits = FIRST.replace("0000-4000", "0001-4000")

    with pytest.raises(SettingsError, match=r"clusters\[1\]: .* ends in the same digits"):
        deploy_clusters(engine, east=FIRST, west=same_digits)

    assert engine.registered == {}


def test_a_resource_knows_what_the_state_says_of_its_block_whatever_its_name_was(
    engine: RecordingEngine,
) -> None:
    engine.state["urn:old"] = {
        "type": "pulumi-python:dynamic/cks:ClusterOidc",
        "outputs": {
            "cluster_id": FIRST.upper(),
            "previous": {"issuer_url": "https://before"},
            "cluster_name": "east",
            "__operation": "op-1",
            "__provider": "pickle",
        },
    }

    def program() -> None:
        computed = pulumi.Output.from_input(FIRST)
        ids: dict[str, pulumi.Input[str]] = {"plain": FIRST, "computed": computed, "other": SECOND}
        for name, cluster_id in ids.items():
            args = ClusterOidcArgs(cluster_id=cluster_id, issuer_url="https://a", client_id="c")
            ClusterOidc(name, args)

    engine.deploy(program)

    noted = {name: made.inputs["__recorded"] for name, made in engine.registered.items()}
    known = {
        "cluster_id": FIRST.upper(),
        "previous": {"issuer_url": "https://before"},
        "__operation": "op-1",
    }
    assert noted == {"plain": known, "computed": known, "other": {}}


def test_a_state_that_cannot_be_read_at_once_is_read_again(engine: RecordingEngine) -> None:
    """A file backend writes its file while we read it."""
    exported_before(engine, east=FIRST)
    engine.failing_calls = 2
    paused: list[float] = []

    found: list[Any] = []
    engine.deploy(lambda: found.append(stack_state._read(object(), paused.append)))

    assert found[0].outputs == {"clusters": {"east": {"id": FIRST}}}
    assert paused == [0.05, 0.05]


def test_a_state_that_cannot_be_read_at_all_stops_nothing(engine: RecordingEngine) -> None:
    engine.failing_calls = 1000
    paused: list[float] = []

    found: list[Any] = []
    engine.deploy(lambda: found.append(stack_state._read(object(), paused.append)))

    assert found[0].resources == {}
    assert sum(paused) == pytest.approx(1.0)
