"""What the emulator refuses, and in which words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lab.api import fleet
from lab.api.emulator import CLUSTERS, WHOAMI, Request

if TYPE_CHECKING:
    from lab.api.emulator import Answer
    from tests.unit.lab.api.conftest import Lab

ID = fleet.CONTROL_PLANE
ISSUER = {"issuerUrl": "https://idp.example.com", "clientId": "cks"}
EMPTY = "value is empty, which is not a valid URI"
BAD = "value must be a valid URI"


def error(answer: Answer) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.body)
    return body


@pytest.mark.parametrize("mask", ["oidc.groupsPrefix", "public", ""], ids=["leaf", "other", "none"])
def test_an_oidc_object_without_issuer_is_refused_whatever_the_mask_says(
    lab: Lab, mask: str
) -> None:
    answer = lab.patch(oidc={"groupsPrefix": "x:"}, updateMask=mask)

    assert answer.status == 400
    assert error(answer) == {
        "code": 3,
        "message": f"validation error: oidc.issuer_url: {EMPTY}",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": "oidc.issuer_url", "description": EMPTY}],
            }
        ],
    }
    assert lab.read()["status"] == "STATUS_RUNNING"


@pytest.mark.parametrize(
    ("fields", "path", "reason"),
    [
        ({"oidc": {}}, "oidc.issuer_url", EMPTY),
        ({"oidc": {"issuerUrl": ""}}, "oidc.issuer_url", EMPTY),
        ({"oidc": {"issuerUrl": "idp.example.com"}}, "oidc.issuer_url", BAD),
        ({"oidc": {"issuerUrl": "https://idp example.com"}}, "oidc.issuer_url", BAD),
        ({"oidc": {"issuerUrl": "https://idp.example.com:port"}}, "oidc.issuer_url", BAD),
        ({"authnWebhook": {}}, "authn_webhook.server", EMPTY),
        ({"authzWebhook": {"ca": "LS0t"}}, "authz_webhook.server", EMPTY),
        ({"authzWebhook": {"server": "hook"}}, "authz_webhook.server", BAD),
        (
            {"additionalServerSans": [f"s{n}" for n in range(11)]},
            "additional_server_sans",
            "value must contain no more than 10 item(s)",
        ),
        (
            {"additionalServerSans": ["a", "a"]},
            "additional_server_sans",
            "repeated value must contain unique items",
        ),
        (
            {"network": {"internalLbCidrNames": ["a", "a"]}},
            "network.internal_lb_cidr_names",
            "repeated value must contain unique items",
        ),
        (
            {"network": {"serviceNodePortRange": {"start": 30000, "end": 20000}}},
            "network.service_node_port_range",
            "end must be greater than or equal to start",
        ),
        (
            {"network": {"serviceNodePortRange": {"start": 1, "end": 70000}}},
            "network.service_node_port_range.end",
            "value must be greater than or equal to 1 and less than or equal to 65535",
        ),
        (
            {"tailscale": {"clientId": "x" * 256}},
            "tailscale.client_id",
            "value length must be at most 255 characters",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value[:30] else None,
)
def test_a_broken_rule_is_named_by_its_path(
    lab: Lab, fields: dict[str, Any], path: str, reason: str
) -> None:
    answer = lab.patch(**fields, updateMask="oidc.clientId")

    assert answer.status == 400
    assert error(answer)["code"] == 3
    assert error(answer)["message"] == f"validation error: {path}: {reason}"


def test_every_broken_rule_is_reported_at_once(lab: Lab) -> None:
    details = error(lab.patch(oidc={}, authnWebhook={}))["details"]

    fields = [violation["field"] for violation in details[0]["fieldViolations"]]
    assert fields == ["oidc.issuer_url", "authn_webhook.server"]


@pytest.mark.parametrize(
    "oidc",
    [
        {"issuerUrl": "http://idp.example.com", "clientId": "cks"},
        {"issuerUrl": "urn:example:idp", "clientId": "cks"},
        {"issuerUrl": "https://idp.example.com/?a=b#c", "clientId": "cks"},
        {"issuerUrl": "https://idp.example.com"},
        {"issuerUrl": "https://idp.example.com", "ca": "no PEM", "requiredClaim": "no pair"},
        {"issuerUrl": "https://idp.example.com", "clientId": None, "usernameClaim": ""},
        {"issuerUrl": "https://idp.example.com", "signingAlgorithms": ["SIGNING_ALGORITHM_RS256"]},
        {"issuerUrl": "https://idp.example.com", "signingAlgorithms": [1]},
    ],
    ids=["http", "urn", "query", "no client", "no PEM", "null and empty", "RS256", "1"],
)
def test_the_schema_checks_little_so_a_client_must(lab: Lab, oidc: dict[str, Any]) -> None:
    assert lab.patch(oidc=oidc, updateMask="oidc.issuerUrl").status == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"audiences": ["x"]},
        {"oidc": ISSUER | {"audience": "x"}},
        {"oidc": {"issuer_url": "https://idp.example.com"}},
        {"oidc": ISSUER | {"signingAlgorithms": ["SIGNING_ALGORITHM_ES256"]}},
        {"oidc": ISSUER | {"signingAlgorithms": [True]}},
        {"oidc": ISSUER | {"signingAlgorithms": "SIGNING_ALGORITHM_RS256"}},
        {"oidc": ISSUER | {"clientId": 7}},
        {"oidc": []},
        {"authnWebhook": {"server": 7}},
        {"additionalServerSans": [["nested"]]},
        {"network": {"serviceNodePortRange": {"start": "low"}}},
        {"public": "yes"},
        {"kubeApiAccess": {"public": {"allowCidrs": []}}},
        {"updateMask": {"paths": ["oidc.clientId"]}},
        {"updateMask": "oidc.client_id"},
        {"updateMask": "oidc.clientId, oidc.issuerUrl"},
        {"updateMask": "oidc.audience"},
        {"updateMask": "oidc"},
        {"updateMask": "name"},
        {"id": ...},
        {"version": ...},
        {"version": ""},
        {"id": "2c6385a3-9123-4c79-a121-dd5d62724413"},
        {"version": "v1.35"},
    ],
    ids=repr,
)
def test_what_is_not_exactly_the_update_message_is_refused_with_code_3(
    lab: Lab, fields: dict[str, Any]
) -> None:
    before = lab.emulator.cluster(ID)

    answer = lab.patch(**({"oidc": ISSUER, "updateMask": "oidc.clientId"} | fields))

    assert (answer.status, error(answer)["code"]) == (400, 3)
    assert lab.emulator.cluster(ID) == before


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'"text"'], ids=repr)
def test_a_body_that_is_no_object_is_refused_with_code_3(lab: Lab, raw: bytes) -> None:
    answer = lab.ask("PATCH", f"{CLUSTERS}/{ID}", raw)

    assert (answer.status, error(answer)["code"]) == (400, 3)


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic CW-SECRET-lab"}],
    ids=["none", "wrong", "basic"],
)
def test_without_the_bearer_token_everything_is_refused(lab: Lab, headers: dict[str, str]) -> None:
    for path in (CLUSTERS, f"{CLUSTERS}/{ID}", WHOAMI):
        answer = lab.emulator.answer(Request("GET", path, headers))

        assert (answer.status, error(answer)["code"]) == (401, 16)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_nothing_can_be_created_or_deleted(lab: Lab, method: str) -> None:
    for path in (CLUSTERS, f"{CLUSTERS}/{ID}"):
        answer = lab.ask(method, path, {})

        assert (answer.status, error(answer)["code"]) == (501, 12)
    assert lab.read()["id"] == ID


@pytest.mark.parametrize(
    "path", [f"{CLUSTERS}/", f"{CLUSTERS}/{ID}/", "/v1beta2/cks/clusters", "/", "/v1beta1/cks"]
)
def test_a_wrong_path_or_a_trailing_slash_answers_a_bare_404(lab: Lab, path: str) -> None:
    answer = lab.ask("GET", path)

    assert answer.status == 404
    assert b"{" not in answer.body
    assert answer.headers["content-type"] == "text/plain"


def test_an_unknown_cluster_answers_404_with_the_apis_json(lab: Lab) -> None:
    answer = lab.ask("GET", f"{CLUSTERS}/00000000-0000-4000-8000-000000000000")

    assert (answer.status, error(answer)["code"]) == (404, 5)


def test_a_query_string_is_refused_because_list_has_no_parameters(lab: Lab) -> None:
    answer = lab.ask("GET", f"{CLUSTERS}?pageSize=5")

    assert (answer.status, error(answer)["code"]) == (400, 3)
    assert "pageSize" in error(answer)["message"]


def test_the_log_keeps_what_was_asked_and_never_the_token(lab: Lab) -> None:
    lab.now = 7
    lab.items()
    lab.patch(oidc={}, updateMask="oidc.clientId")

    first, second = lab.emulator.requests

    assert (first.time, first.method, first.path, first.body) == (7, "GET", CLUSTERS, None)
    assert second.body["updateMask"] == "oidc.clientId"
    assert second.status == 400
    assert lab.token not in repr(lab.emulator.requests)

    lab.emulator.clear_requests()
    assert lab.emulator.requests == []
