"""What an accepted PATCH does, and when; and who lives in the emulator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lab.api import fleet, rules
from lab.api.emulator import CLUSTERS

if TYPE_CHECKING:
    from tests.unit.lab.api.conftest import Lab

ID = fleet.CONTROL_PLANE
BLOCK = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "groupsPrefix": "idp:"}
ALL_LEAVES = ",".join(f"oidc.{leaf}" for leaf in rules.OIDC_LEAVES)


def test_there_are_exactly_ten_leaves_in_a_block() -> None:
    assert len(set(rules.OIDC_LEAVES)) == 10


def test_an_update_is_accepted_first_and_done_later(lab: Lab) -> None:
    answer = lab.set_issuer()

    assert answer.status == 200
    assert json.loads(answer.body)["cluster"]["status"] == "STATUS_UPDATING"
    assert lab.statuses(7) == ["STATUS_UPDATING"] * 5 + ["STATUS_RUNNING"] * 2
    assert lab.read()["oidc"] == BLOCK


def test_the_old_values_stay_until_the_update_lands(lab: Lab) -> None:
    lab.set_issuer()

    assert "oidc" not in lab.read()

    lab.now = 5
    assert lab.read()["oidc"] == BLOCK
    assert lab.read()["updatedAt"] == "2026-01-02T03:04:10.000Z"


def test_a_second_update_is_refused_with_code_9_until_the_first_has_landed(lab: Lab) -> None:
    lab.set_issuer()

    answer = lab.patch(updateMask=ALL_LEAVES)

    body = json.loads(answer.body)
    assert (answer.status, body["code"]) == (400, 9)
    assert body["details"][0]["@type"] == "type.googleapis.com/google.rpc.PreconditionFailure"
    assert body["details"][0]["violations"][0]["subject"] == ID
    lab.now = 5
    assert lab.patch(updateMask=ALL_LEAVES).status == 200


@pytest.mark.parametrize(
    ("body", "mask", "after"),
    [
        (BLOCK | {"groupsPrefix": "new:"}, "oidc.groupsPrefix", BLOCK | {"groupsPrefix": "new:"}),
        (BLOCK | {"clientId": "other"}, "oidc.groupsPrefix", BLOCK),
        (BLOCK | {"groupsPrefix": ""}, "oidc.groupsPrefix", {**BLOCK, "groupsPrefix": ...}),
        ({**BLOCK, "groupsPrefix": ...}, "oidc.groupsPrefix", {**BLOCK, "groupsPrefix": ...}),
        ({**BLOCK, "clientId": ...}, "oidc.clientId", {**BLOCK, "clientId": ...}),
        (None, "oidc.clientId", {**BLOCK, "clientId": ...}),
        (None, ALL_LEAVES, None),
        ({"issuerUrl": "https://b.example"}, "", {"issuerUrl": "https://b.example"}),
        ({"issuerUrl": "https://b.example"}, None, {"issuerUrl": "https://b.example"}),
    ],
    ids=[
        "a masked leaf changes",
        "a leaf outside the mask stays",
        "an empty string clears",
        "a masked leaf without a value is cleared",
        "half a block is accepted",
        "a leaf is cleared without a block",
        "all leaves remove the block",
        "an empty mask replaces the block",
        "no mask replaces the block",
    ],
)
def test_the_mask_is_applied_by_leaf(
    lab: Lab, body: dict[str, Any] | None, mask: str | None, after: dict[str, Any] | None
) -> None:
    lab.emulator.change(ID, oidc=BLOCK)
    sent = None if body is None else {k: v for k, v in body.items() if v is not ...}

    assert lab.patch(oidc=sent, updateMask=mask).status == 200
    lab.now = 5

    left = None if after is None else {k: v for k, v in after.items() if v is not ...}
    assert lab.read().get("oidc") == left


@pytest.mark.parametrize("name", ["authnWebhook", "authzWebhook"])
def test_a_webhook_is_set_and_removed_like_a_block(lab: Lab, name: str) -> None:
    hook = {"server": "https://hook.example.com", "ca": "LS0t"}
    block: dict[str, Any] = {name: hook}
    mask = f"{name}.ca,{name}.server"

    lab.patch(**block, updateMask=mask)
    lab.now = 5
    assert lab.read()[name] == hook
    lab.patch(updateMask=mask)
    lab.now = 10

    assert name not in lab.read()


def test_what_the_mask_does_not_name_is_not_touched(lab: Lab) -> None:
    before = lab.emulator.cluster(ID)
    lab.set_issuer()
    lab.now = 5

    after = lab.read()

    changed = {k for k in before | after if before.get(k) != after.get(k)}
    assert changed == {"oidc", "updatedAt"}


@pytest.mark.parametrize("mask", ["oidc.clientId", "oidc.clientId,version"])
def test_a_higher_version_in_the_body_is_an_upgrade_masked_or_not(lab: Lab, mask: str) -> None:
    assert lab.patch(version="v1.37", oidc=BLOCK, updateMask=mask).status == 200

    assert lab.read()["status"] == "STATUS_UPGRADING"
    assert lab.read()["version"] == "v1.36"
    lab.now = 5
    assert lab.read()["status"] == "STATUS_RUNNING"
    assert lab.read()["version"] == "v1.37"


def test_a_lower_version_is_refused_because_there_are_no_downgrades(lab: Lab) -> None:
    answer = lab.patch(version="v1.9", oidc=BLOCK, updateMask="oidc.clientId")

    assert answer.status == 400
    assert json.loads(answer.body)["message"].startswith("validation error: version: downgrades")


@pytest.mark.parametrize("extra", [{"network": {}}, {"public": True}], ids=["network", "public"])
def test_other_fields_beside_a_changed_version_are_refused(lab: Lab, extra: dict[str, Any]) -> None:
    assert lab.patch(version="v1.37", **extra, updateMask="version").status == 400
    assert lab.patch(**extra, updateMask="oidc.clientId").status == 200


@pytest.mark.parametrize("status", ["CREATING", "DELETING", "ERROR", "UPGRADING", "NEVER_HEARD"])
def test_only_a_running_cluster_takes_an_update(lab: Lab, status: str) -> None:
    lab.emulator.change(ID, status=f"STATUS_{status}")

    answer = lab.set_issuer()

    assert (answer.status, json.loads(answer.body)["code"]) == (400, 9)


def test_a_change_from_outside_is_there_at_once_and_survives_an_update(lab: Lab) -> None:
    lab.set_issuer()
    lab.emulator.change(ID, version="v1.37", public=False)

    assert lab.read()["version"] == "v1.37"
    lab.now = 5

    assert lab.read()["oidc"] == BLOCK
    assert lab.read()["version"] == "v1.37"
    assert lab.read()["public"] is False


def test_a_removed_cluster_is_gone_and_a_recreated_one_has_another_id_on_the_same_host(
    lab: Lab,
) -> None:
    host = lab.read()["apiServerEndpoint"]
    lab.emulator.change(ID, oidc=BLOCK)
    lab.emulator.recreate(ID, "71b8dafa-e678-41ce-b676-22a2c7b79968")

    assert lab.ask("GET", f"{CLUSTERS}/{ID}").status == 404
    again = lab.read("71b8dafa-e678-41ce-b676-22a2c7b79968")
    assert (again["name"], again["apiServerEndpoint"]) == ("local-east", host)
    assert "oidc" not in again
    lab.emulator.remove(again["id"])
    assert again["id"] not in [c["id"] for c in lab.items()]


def test_what_is_handed_out_cannot_change_the_emulator(lab: Lab) -> None:
    lab.emulator.change(ID, oidc=BLOCK)

    lab.emulator.cluster(ID)["oidc"].clear()
    lab.emulator.clusters()[0].clear()

    assert lab.read()["oidc"] == BLOCK


def test_the_keys_of_the_answers_are_the_documented_ones(lab: Lab) -> None:
    assert set(json.loads(lab.ask("GET", CLUSTERS).body)) == {"items"}
    assert set(json.loads(lab.ask("GET", f"{CLUSTERS}/{ID}").body)) == {"cluster"}
    assert set(json.loads(lab.set_issuer().body)) == {"cluster"}
    who = {"uid": "u-1", "orgUid": "cw1234", "groups": [], "consoleActions": []}
    assert json.loads(lab.whoami().body) == {"principal": who}


def test_the_spacing_of_answers_is_unstable(lab: Lab) -> None:
    texts = {lab.ask("GET", CLUSTERS).body for _ in range(4)}

    assert len(texts) == 2
    assert len({json.dumps(json.loads(text)) for text in texts}) == 1


def test_the_fleet_has_something_to_stumble_over() -> None:
    first, *others = fleet.clusters()
    names = [c["name"] for c in [first, *others]]

    assert (first["name"], first["zone"], first["public"]) == ("local-east", "US-EAST-04A", True)
    assert (first["version"], first["status"]) == ("v1.36", "STATUS_RUNNING")
    assert "oidc" not in first
    assert first["apiServerEndpoint"].endswith(".k8s.us-east-04a.coreweave.com")
    assert len(set(names)) < len(names)
    assert any(c.get("oidc") for c in others)
    assert any(not c["public"] for c in others)
    assert [c["apiServerEndpoint"] for c in others if c["status"] == "STATUS_CREATING"] == [""]
    assert len({c["id"] for c in fleet.clusters()}) == len(names)


def test_a_host_carries_the_zone_of_its_own_cluster() -> None:
    for cluster in fleet.clusters():
        host, zone = cluster["apiServerEndpoint"], cluster["zone"].lower()
        assert host in ("", fleet.endpoint(cluster["name"], cluster["zone"]))
        assert not host or f".k8s.{zone}." in host
