"""The schema from which the engine makes SDKs; docs/generate compares the one in the repository."""

from __future__ import annotations

import json

from cks_components.component_provider import schema

ACCESS = schema.package()["resources"]["cks:index:ClusterAccess"]
TYPES = schema.package()["types"]


def test_the_version_is_one_that_the_engine_can_read() -> None:
    major, minor, rest = schema.VERSION.split(".", 2)

    assert major.isdigit()
    assert minor.isdigit()
    assert ".dev" not in rest


def test_required_are_the_cluster_and_the_address() -> None:
    assert ACCESS["requiredInputs"] == ["clusterId", "endpoint"]
    assert "kubeconfig" not in ACCESS["required"]


def test_what_determines_the_resources_is_plain_and_what_may_be_an_output_is_not() -> None:
    assert ACCESS["inputProperties"]["bindings"]["plain"]
    assert ACCESS["inputProperties"]["identity"]["plain"]
    assert "plain" not in ACCESS["inputProperties"]["endpoint"]
    assert "plain" not in TYPES["cks:index:Binding"]["properties"]["groups"]


def test_secrets_are_secret_in_every_language() -> None:
    assert TYPES["cks:index:Identity"]["properties"]["clientSecret"]["secret"]
    assert ACCESS["properties"]["automationKubeconfigs"]["secret"]


def test_maps_and_lists_name_their_values() -> None:
    waivers = TYPES["cks:index:Context"]["properties"]["waivers"]

    assert waivers["additionalProperties"] == {"type": "string", "plain": True}
    assert ACCESS["inputProperties"]["roles"]["items"]["$ref"] == "#/types/cks:index:CustomRole"


def test_a_description_is_a_sentence_that_knows_no_python() -> None:
    assert ACCESS["inputProperties"]["clusterId"]["description"] == "The cluster's UUID."
    assert "None" not in schema.text()
    assert "Attributes:" not in schema.text()


def test_policies_are_described_as_those_of_blocks_wherever_they_stand() -> None:
    owners = ("Identity", "AuthenticationHook", "AuthorizationHook")
    policies = ("adopt", "onDrift", "onDelete", "updateTimeoutSeconds")
    told = {
        tuple(TYPES[f"cks:index:{owner}"]["properties"][key]["description"] for key in policies)
        for owner in owners
    }

    ((adopt, *_),) = told
    assert adopt.startswith("Take over a block that another tool or user set")


def test_every_type_that_is_named_is_there() -> None:
    named = {
        line.split('"')[3].removeprefix("#/types/")
        for line in schema.text().splitlines()
        if '"$ref": "#/types/' in line
    }

    assert named == TYPES.keys()
    assert json.loads(schema.text()) == schema.package()
