"""Each fault of the list once, and that all are limited, combinable and off by default."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lab.api import faults, fleet
from lab.api.emulator import CLUSTERS, Answer

if TYPE_CHECKING:
    from tests.unit.lab.api.conftest import Lab

ID = fleet.CONTROL_PLANE
FOREIGN = "4e85a7c5-b345-4e9b-8343-ff7f84946635"
BLOCK = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "groupsPrefix": "idp:"}
RUNNING, UPDATING = "STATUS_RUNNING", "STATUS_UPDATING"


def code(answer: Answer) -> tuple[int, object]:
    return answer.status, json.loads(answer.body)["code"]


def shown(lab: Lab) -> tuple[object, bool]:
    cluster = lab.read()
    return cluster["status"], "oidc" in cluster


def test_f1_stale_reads_show_the_old_cluster_by_id_and_in_the_list(lab: Lab) -> None:
    faults.add(lab.emulator, "stale_reads", target=ID, reads=3)

    lab.set_issuer()

    assert shown(lab) == (RUNNING, False)
    assert lab.items()[0]["status"] == RUNNING
    assert lab.items()[0]["status"] == RUNNING
    assert shown(lab) == (UPDATING, False)
    lab.now = 5
    assert shown(lab) == (RUNNING, True)


def test_f2_new_values_show_in_running_before_the_cluster_updates(lab: Lab) -> None:
    faults.add(lab.emulator, "early_values", reads=2)

    answer = lab.set_issuer()

    assert json.loads(answer.body)["cluster"]["oidc"] == BLOCK
    seen = [shown(lab) for _ in range(4)]
    assert seen == [(RUNNING, True)] * 2 + [(UPDATING, True)] * 2
    lab.now = 5
    assert shown(lab) == (RUNNING, True)


@pytest.mark.parametrize("status", ["STATUS_ERROR", "STATUS_FAILED", "STATUS_UPGRADE_FAILED"])
def test_f3_an_update_can_fail_and_keeps_the_old_values(lab: Lab, status: str) -> None:
    faults.add(lab.emulator, "ends_in", status=status)

    assert lab.set_issuer().status == 200

    assert shown(lab) == (UPDATING, False)
    lab.now = 5
    assert shown(lab) == (status, False)


def test_f4_an_update_can_take_for_ever_until_it_is_finished_by_hand(lab: Lab) -> None:
    faults.add(lab.emulator, "never_ends")
    lab.set_issuer()

    lab.now = 1e9
    assert shown(lab) == (UPDATING, False)

    lab.emulator.finish(ID)
    assert shown(lab) == (RUNNING, True)


@pytest.mark.parametrize(("at_once", "first"), [(False, UPDATING), (True, RUNNING)])
def test_f5_an_accepted_update_can_be_lost(lab: Lab, at_once: bool, first: str) -> None:
    faults.add(lab.emulator, "lost", at_once=at_once)

    assert lab.set_issuer().status == 200

    assert shown(lab) == (first, False)
    lab.now = 1e6
    assert shown(lab) == (RUNNING, False)


@pytest.mark.parametrize(
    ("options", "after"),
    [
        (
            {"path": "oidc.groupsPrefix"},
            {"issuerUrl": "https://idp.example.com", "clientId": "cks"},
        ),
        (
            {"path": "oidc.issuerUrl", "value": "https://idp.example.com/"},
            BLOCK | {"issuerUrl": "https://idp.example.com/"},
        ),
        (
            {"path": "oidc.groupsPrefix", "value": None},
            {"issuerUrl": "https://idp.example.com", "clientId": "cks"},
        ),
    ],
    ids=["ignored", "with a slash", "dropped"],
)
def test_f6_one_leaf_can_be_ignored_or_normalised(
    lab: Lab, options: dict[str, Any], after: dict[str, Any]
) -> None:
    faults.add(lab.emulator, "leaf", **options)

    lab.set_issuer()
    lab.now = 5

    assert lab.read()["oidc"] == after


@pytest.mark.parametrize(("number", "status"), [(9, 400), (10, 409)])
def test_f7_a_cluster_can_be_busy_for_a_while(lab: Lab, number: int, status: int) -> None:
    faults.add(lab.emulator, "busy", times=2, code=number)

    assert code(lab.set_issuer()) == (status, number)
    assert code(lab.set_issuer()) == (status, number)
    assert lab.set_issuer().status == 200


def test_f8_a_cluster_can_be_busy_for_ever_while_it_says_running(lab: Lab) -> None:
    faults.add(lab.emulator, "busy", times=None)

    assert {code(lab.set_issuer()) for _ in range(20)} == {(400, 9)}
    assert lab.read()["status"] == RUNNING


@pytest.mark.parametrize(
    ("after", "status"), [(False, RUNNING), (True, UPDATING)], ids=["F9 before", "F10 after"]
)
def test_f9_f10_the_connection_can_be_cut_before_or_after_the_update(
    lab: Lab, after: bool, status: str
) -> None:
    faults.add(lab.emulator, "cut", method="PATCH", after=after)

    assert lab.set_issuer().cut

    assert lab.read()["status"] == status
    assert [r.status for r in lab.emulator.requests] == [0, 200]


def test_f10_a_gateways_error_can_hide_a_committed_update(lab: Lab) -> None:
    page = "<html>502 Bad Gateway</html>"
    faults.add(lab.emulator, "text", method="PATCH", status=502, body=page, after=True)

    assert lab.set_issuer().status == 502

    assert lab.read()["status"] == UPDATING


@pytest.mark.parametrize("number", [8, 14])
@pytest.mark.parametrize(
    "headers",
    [{}, {"retry-after": "2"}, {"retry-after": "Fri, 02 Jan 2026 03:04:05 GMT"}],
    ids=["absent", "seconds", "date"],
)
def test_f11_a_refusal_can_say_when_to_come_back(
    lab: Lab, number: int, headers: dict[str, str]
) -> None:
    faults.add(lab.emulator, "refusal", code=number, headers=headers)

    answer = lab.ask("GET", CLUSTERS)

    assert code(answer) == ({8: 429, 14: 503}[number], number)
    assert headers.items() <= answer.headers.items()
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "body"), [(502, "<html>"), (200, "<html>"), (200, "{}")], ids=["502", "200", "empty"]
)
def test_f12_an_answer_can_be_something_else(lab: Lab, status: int, body: str) -> None:
    faults.add(lab.emulator, "text", status=status, body=body)

    answer = lab.ask("GET", CLUSTERS)

    assert (answer.status, answer.body.decode()) == (status, body)


def test_f12_an_answer_can_end_in_the_middle_of_its_json(lab: Lab) -> None:
    faults.add(lab.emulator, "cut_off")

    answer = lab.ask("GET", CLUSTERS)

    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


@pytest.mark.parametrize(("number", "status"), [(16, 401), (7, 403)])
def test_f13_rights_can_end_in_the_middle(lab: Lab, number: int, status: int) -> None:
    faults.add(lab.emulator, "refusal", method="GET", skip=2, times=None, code=number)

    answers = [lab.ask("GET", f"{CLUSTERS}/{ID}").status for _ in range(4)]

    assert answers == [200, 200, status, status]


def test_f14_a_cluster_can_be_missing_once_or_in_the_list_only(lab: Lab) -> None:
    faults.add(lab.emulator, "refusal", target=ID, code=5)
    faults.add(lab.emulator, "hidden", times=None, cluster=ID)

    assert code(lab.ask("GET", f"{CLUSTERS}/{ID}")) == (404, 5)
    assert lab.read()["id"] == ID
    assert ID not in [c["id"] for c in lab.items()]


def test_f15_a_cluster_can_be_deleted_or_recreated_between_two_reads(lab: Lab) -> None:
    new = "71b8dafa-e678-41ce-b676-22a2c7b79968"
    faults.add(lab.emulator, "outside", target=ID, skip=1, recreate=new)
    faults.add(lab.emulator, "outside", target="list", on=FOREIGN, remove=True)

    assert lab.read()["id"] == ID
    assert lab.ask("GET", f"{CLUSTERS}/{ID}").status == 404
    assert lab.read(new)["name"] == "local-east"
    assert FOREIGN not in [c["id"] for c in lab.items()]


def test_f16_another_writer_can_come_between_read_and_update(lab: Lab) -> None:
    theirs = {"oidc": {"issuerUrl": "https://theirs.example", "usernameClaim": "email"}}
    faults.add(lab.emulator, "outside", method="PATCH", change=theirs)

    lab.read()
    lab.set_issuer()
    lab.now = 5

    assert lab.read()["oidc"] == BLOCK | {"usernameClaim": "email"}


def test_f17_an_upgrade_between_read_and_update_makes_the_update_a_downgrade(lab: Lab) -> None:
    faults.add(lab.emulator, "outside", method="PATCH", change={"version": "v1.37"})

    answer = lab.set_issuer()

    assert code(answer) == (400, 3)
    assert lab.patch(version="v1.37", oidc=BLOCK, updateMask="oidc.clientId").status == 200
    assert lab.emulator.cluster(ID)["version"] == "v1.37"


@pytest.mark.parametrize(
    ("spelling", "block", "leaf", "several"),
    [("absent", ..., ..., ...), ("null", None, None, None), ("empty", {}, "", [])],
)
def test_f18_unset_values_can_be_spelled_in_every_way(
    lab: Lab, spelling: str, block: object, leaf: object, several: object
) -> None:
    faults.add(lab.emulator, "unset_as", times=None, spelling=spelling)

    without, foreign = lab.read(), lab.read(FOREIGN)

    assert [without.get(n, ...) for n in ("oidc", "authnWebhook", "authzWebhook")] == [block] * 3
    assert foreign["oidc"].get("groupsClaim", ...) == leaf
    assert foreign["oidc"].get("signingAlgorithms", ...) == several
    assert foreign["oidc"]["clientId"] == "k8s"


def test_f19_enums_can_be_numbers_and_statuses_unknown(lab: Lab) -> None:
    block = BLOCK | {"signingAlgorithms": ["SIGNING_ALGORITHM_RS256"]}
    lab.emulator.change(ID, oidc=block)
    faults.add(lab.emulator, "shown_status", skip=1, status=42)
    faults.add(lab.emulator, "numbers", times=1)

    first, second = lab.read(), lab.read()

    assert (first["status"], first["oidc"]["signingAlgorithms"]) == (3, [1])
    assert second["status"] == 42


def test_f20_answers_can_hold_more_and_less_in_another_order_and_spacing(lab: Lab) -> None:
    plain = lab.read(FOREIGN)
    faults.add(lab.emulator, "noise", times=None)

    noisy = lab.read(FOREIGN)

    assert noisy["updatedAt"].endswith(".123456789Z")
    assert "createdAt" not in noisy
    assert noisy.keys() - plain.keys() == {"kubeApiAccess", "notYetInvented"}
    assert [k for k in noisy if k in plain] != [k for k in plain if k in noisy]
    assert lab.ask("GET", CLUSTERS).body.startswith(b"\n ")
    assert plain["oidc"].items() <= noisy["oidc"].items()


@pytest.mark.parametrize("style", ["connect", "unknown", "empty"])
def test_f21_errors_can_look_otherwise(lab: Lab, style: str) -> None:
    faults.add(lab.emulator, "connect_errors", style=style)

    answer = lab.patch(oidc={})

    assert answer.status == 400
    if style == "empty":
        assert answer.body == b""
        return
    body = json.loads(answer.body)
    assert body["message"].startswith("validation error: oidc.issuer_url")
    if style == "connect":
        assert body["code"] == "invalid_argument"
        assert body["details"][0]["type"] == "google.rpc.BadRequest"
        assert body["details"][0]["debug"]["fieldViolations"][0]["field"] == "oidc.issuer_url"
    else:
        assert body["details"][1:] == [{}, None]


def test_f22_a_tolerant_decoder_drops_what_it_does_not_know(lab: Lab) -> None:
    faults.add(lab.emulator, "tolerant")
    unknown = {"audience": "x", "signingAlgorithms": ["SIGNING_ALGORITHM_ES256"]}
    sent: dict[str, Any] = {"oidc": BLOCK | unknown, "updateMask": "oidc.signingAlgorithms"}

    assert lab.patch(**sent, other=1).status == 200
    lab.now = 5

    assert "oidc" not in lab.read()
    assert code(lab.patch(**sent)) == (400, 3)


def test_f23_an_answer_can_point_to_another_host(lab: Lab) -> None:
    away = {"location": "https://elsewhere.example/"}
    faults.add(lab.emulator, "text", status=307, headers=away)

    answer = lab.ask("GET", CLUSTERS)

    assert (answer.status, answer.headers) == (307, away)


def test_f24_an_answer_can_be_slow_and_the_update_is_committed(lab: Lab) -> None:
    faults.add(lab.emulator, "slow", method="PATCH", seconds=60, trickle=0.5)

    answer = lab.set_issuer()

    assert (answer.status, answer.delay, answer.trickle) == (200, 60, 0.5)
    assert lab.read()["status"] == UPDATING


def test_f25_whoami_can_fail_or_name_another_organisation(lab: Lab) -> None:
    faults.add(lab.emulator, "other_organisation", org_uid="other1")
    faults.add(lab.emulator, "refusal", target="whoami", code=5)

    assert lab.items()
    assert lab.whoami().status == 404
    assert json.loads(lab.whoami().body)["principal"]["orgUid"] == "other1"
    assert json.loads(lab.whoami().body)["principal"]["orgUid"] == "cw1234"


def test_f26_a_list_can_be_empty_or_say_that_there_is_more(lab: Lab) -> None:
    faults.add(lab.emulator, "paged", times=2)
    faults.add(lab.emulator, "empty_list")

    assert json.loads(lab.ask("GET", CLUSTERS).body) == {"items": [], "nextPageToken": "next"}
    second = json.loads(lab.ask("GET", CLUSTERS).body)
    assert second["nextPageToken"] == "next"
    assert [c["name"] for c in second["items"]].count("twin") == 2


def test_without_a_fault_nothing_is_disturbed(lab: Lab) -> None:
    faults.add(lab.emulator, "refusal", times=None, code=14)
    assert lab.ask("GET", CLUSTERS).status == 503

    lab.emulator.clear_faults()

    assert lab.ask("GET", CLUSTERS).status == 200


def test_a_fault_of_one_cluster_leaves_the_others_alone(lab: Lab) -> None:
    faults.add(lab.emulator, "shown_status", target=ID, times=None, status="STATUS_ODD")

    assert lab.read()["status"] == "STATUS_ODD"
    assert lab.read(FOREIGN)["status"] == RUNNING
    assert [c["status"] for c in lab.items()].count("STATUS_ODD") == 1


def test_faults_combine(lab: Lab) -> None:
    faults.add(lab.emulator, "stale_reads", reads=2)
    faults.add(lab.emulator, "ends_in", status="STATUS_FAILED")
    faults.add(lab.emulator, "noise", times=None)
    faults.add(lab.emulator, "refusal", method="GET", skip=1, code=14)

    lab.set_issuer()

    assert shown(lab) == (RUNNING, False)
    assert lab.ask("GET", CLUSTERS).status == 503
    assert shown(lab) == (RUNNING, False)
    assert "notYetInvented" in lab.read()
    lab.now = 5
    assert shown(lab) == ("STATUS_FAILED", False)


@pytest.mark.parametrize(
    ("kind", "options", "error"),
    [
        ("nothing", {}, KeyError),
        ("cut", {"before": True}, TypeError),
        ("unset_as", {"spelling": "none"}, ValueError),
        ("connect_errors", {"style": "none"}, ValueError),
    ],
)
def test_a_mistyped_fault_is_refused_at_once(
    lab: Lab, kind: str, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        faults.add(lab.emulator, kind, **options)

    assert lab.emulator.faults == []
