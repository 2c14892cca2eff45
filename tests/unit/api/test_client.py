"""Requests, retries and selection, in process against the emulator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cks_components.api import environment, errors
from cks_components.api.api_access import from_environment
from cks_components.api.client import CKS_API, Client
from cks_components.api.clock import Clock
from cks_components.api.cluster_lookup import Selector, select, select_each
from cks_components.api.environment import ApiAccess
from cks_components.api.retry import RETRY_AFTER_CAP_SECONDS, delay_seconds, retry_after_seconds
from lab.api import faults, fleet
from lab.api.emulator import Answer, Request

if TYPE_CHECKING:
    from tests.conftest import World

ID = fleet.CONTROL_PLANE


def first(times: int, answer: Answer) -> Callable[[Request, Callable[[], Answer]], Answer | None]:
    left = [times]

    def fault(_request: Request, _genuine: Callable[[], Answer]) -> Answer | None:
        left[0] -= 1
        return answer if left[0] >= 0 else None

    return fault


def plain(status: int, body: bytes = b"<html>", *, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, body, headers or {})


@pytest.mark.parametrize(
    "answer",
    [plain(502), plain(503), plain(504), plain(429), Answer(0, b"", cut=True)],
    ids=["502", "503", "504", "429", "cut"],
)
def test_a_read_that_may_succeed_a_moment_later_is_repeated(world: World, answer: Answer) -> None:
    world.emulator.faults.append(first(2, answer))

    assert world.client.get_cluster(ID).name == "local-east"
    assert len(world.emulator.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 501])
def test_other_refusals_of_a_read_are_final(world: World, status: int) -> None:
    world.emulator.faults.append(first(9, plain(status)))

    with pytest.raises(errors.CksError, match=f"cannot read cluster {ID}"):
        world.client.get_cluster(ID)

    assert len(world.emulator.requests) == 1


def test_one_deadline_stands_over_all_attempts(world: World) -> None:
    world.emulator.faults.append(first(999, plain(503)))
    began = world.time.now

    with pytest.raises(errors.ServerError):
        world.client.get_cluster(ID, deadline_seconds=20)

    assert world.time.now - began <= 20


def test_retry_after_wins_in_both_forms_up_to_a_cap(world: World) -> None:
    world.emulator.faults.append(first(1, plain(503, headers={"retry-after": "7"})))
    began = world.time.now

    world.client.list_clusters()

    assert world.time.now - began == 7
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100))
    assert 90 < (retry_after_seconds(soon) or 0) <= 100
    assert retry_after_seconds(soon.replace("+0000", "-0000")) is not None
    assert retry_after_seconds("next week") is None
    for asked, least in (("999999", RETRY_AFTER_CAP_SECONDS), ("nonsense", 0.3)):
        error = errors.error_from_response(
            "x",
            status=429,
            headers={"retry-after": asked},
            text="",
            writing=False,
            server=CKS_API,
        )
        assert least <= delay_seconds(error, 1) <= RETRY_AFTER_CAP_SECONDS


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<html>login</html>", "it is not JSON"),
        (b'{"cluster": {"id": "1', "it is not JSON"),
        (b"[]", "it is not a JSON object"),
        (b"{}", "it contains no cluster"),
        (b'{"cluster": {"id": "other"}}', "it shows another cluster"),
        (b'{"cluster": {"id": "c", "oidc": {"clientId": {"a": 1}}}}', "unexpected values in"),
        (b'{"cluster": {"id": "c", "oidc": "none"}}', "unexpected values in oidc"),
        (b'{"cluster": {"id": "c", "oidc": {"signingAlgorithms": "RS256"}}}', "unexpected values"),
    ],
    ids=[
        "html",
        "cut off",
        "list",
        "empty",
        "another",
        "odd types",
        "text for a block",
        "text for a list",
    ],
)
def test_an_answer_that_is_not_the_apis_is_one_clear_line(
    world: World, body: bytes, what: str
) -> None:
    world.emulator.faults.append(first(99, plain(200, body)))

    with pytest.raises(errors.UnexpectedAnswerError, match=what) as caught:
        world.client.get_cluster("c")

    assert len(world.emulator.requests) == 3
    assert "check COREWEAVE_API_ENDPOINT and the proxy" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_half_an_answer_may_be_whole_a_moment_later(world: World) -> None:
    world.emulator.faults.append(first(2, plain(200, b'{"cluster": {"id": "1')))

    assert world.client.get_cluster(ID).id == ID


@pytest.mark.parametrize("option", [{"seconds": 40}, {"trickle": 40}], ids=["late", "trickling"])
def test_an_answer_that_never_comes_to_an_end_is_given_up_in_time(
    world: World, option: dict[str, Any]
) -> None:
    faults.add(world.emulator, "slow", times=None, **option)
    began = world.time.now

    with pytest.raises(errors.NoAnswerError, match="no answer came back"):
        world.client.get_cluster(ID, deadline_seconds=60)

    assert world.time.now - began <= 120


@pytest.mark.parametrize(
    "body",
    [b'{"clusters": []}', b'{"items": {}}', b'{"items": [], "nextPageToken": "x"}'],
    ids=["another key", "no list", "one page of several"],
)
def test_a_list_that_is_not_whole_is_refused(world: World, body: bytes) -> None:
    world.emulator.faults.append(first(9, plain(200, body)))

    with pytest.raises(errors.UnexpectedAnswerError):
        world.client.list_clusters()


def test_a_redirect_is_not_followed(world: World) -> None:
    world.emulator.faults.append(first(1, plain(302, headers={"location": "https://evil.example"})))

    with pytest.raises(errors.UnexpectedAnswerError, match="redirect"):
        world.client.list_clusters()

    assert len(world.emulator.requests) == 1


def test_whoami_is_help_that_fails_nothing(world: World) -> None:
    principal = world.client.whoami()
    world.emulator.faults.append(first(1, plain(404)))

    assert principal is not None
    assert principal.org_uid == fleet.ORGANISATION
    assert world.client.whoami() is None


def test_a_certificate_that_is_not_trusted_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []

    def refuse(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        message = "[SSL: CERTIFICATE_VERIFY_FAILED] unable to get local issuer certificate"
        raise httpx.ConnectError(message)

    access = ApiAccess("https://api.coreweave.com", "t")
    client = Client(
        access, transport=httpx.MockTransport(refuse), clock=Clock(sleep=lambda _s: None)
    )

    with pytest.raises(errors.NoAnswerError, match=r"certificates \(SSL_CERT_FILE\) of"):
        client.list_clusters()
    assert len(calls) == 1

    monkeypatch.setenv("SSL_CERT_FILE", "/nope")
    with pytest.raises(errors.NoAnswerError, match='SSL_CERT_FILE names "/nope", which is not a'):
        client.list_clusters()


@pytest.mark.parametrize(
    "answer",
    [
        plain(400, b'{"code": 3, "message": "invalid token opaque-token-7"}'),
        plain(200, b"you sent opaque-token-7"),
        plain(500, b"{}", headers={"x-request-id": "opaque-token-7"}),
    ],
    ids=["a refusal", "not the API", "the request's id"],
)
def test_a_token_that_is_echoed_is_in_no_message_whatever_its_shape(
    world: World, answer: Answer
) -> None:
    client = world.client_with("opaque-token-7")
    world.emulator.faults.append(first(9, answer))

    with pytest.raises(errors.CksError) as caught:
        client.get_cluster(ID)

    assert "opaque-token-7" not in str(caught.value)
    assert "opaque-token-7" not in str(vars(caught.value))


def test_the_token_is_in_no_representation() -> None:
    assert "CW-" not in repr(ApiAccess("https://api.coreweave.com", "CW-" + "x"))


def test_a_name_matches_exactly_one_cluster(world: World) -> None:
    found = select([Selector(path="c", name="local-east")], lambda: world.client)

    assert found == [(ID, fleet.endpoint("local-east"))]


def test_an_id_that_the_list_lacks_is_read_by_itself(world: World) -> None:
    world.emulator.faults.append(first(1, plain(200, b'{"items": []}')))

    assert select([Selector(path="c", id=ID)], lambda: world.client)[0][0] == ID


def test_without_a_token_nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(environment.TOKEN, raising=False)

    with pytest.raises(errors.SettingsError, match="COREWEAVE_API_TOKEN is not set"):
        select([Selector(path="c", id=ID)])


def test_pinned_clusters_need_no_client() -> None:
    def connect() -> Client:
        raise AssertionError

    assert select([Selector(path="c", id=ID, endpoint="e")], connect) == [(ID, "e")]


def test_an_update_finds_the_endpoint_of_another_cluster_beside_a_pinned_id(world: World) -> None:
    wrong = Selector(path="clusters[0]", id=ID, endpoint=fleet.endpoint("twin"))
    right = Selector(path="clusters[1]", id=ID, endpoint=f"https://{fleet.endpoint('local-east')}/")

    with pytest.raises(
        errors.SettingsError, match=r"clusters\[0\].endpoint: .* of cluster local-east"
    ):
        select([wrong], lambda: world.client, verify=True)
    assert select([right], lambda: world.client, verify=True) == [(ID, right.endpoint)]


def test_a_pinned_cluster_that_is_not_found_stops_no_other(world: World) -> None:
    gone = Selector(path="clusters[0]", id="NO-SUCH-ID", endpoint="e")
    warned: list[str] = []

    found = select(
        [gone, Selector(path="clusters[1]", id=ID)],
        lambda: world.client,
        verify=True,
        warn=warned.append,
    )

    assert found == [("no-such-id", "e"), (ID, fleet.endpoint("local-east"))]
    assert 'clusters[0]: no cluster "NO-SUCH-ID" is visible to this token' in warned[0]


def test_every_cluster_that_cannot_be_meant_is_found_at_once(world: World) -> None:
    selectors = [
        Selector(path="clusters[0]", name="twin"),
        Selector(path="clusters[1]", name="nobody"),
        Selector(path="clusters[2]", id="no-such-id"),
        Selector(path="clusters[3]", name="newborn"),
    ]

    with pytest.raises(errors.SettingsError) as caught:
        select(selectors, lambda: world.client)

    found = caught.value.findings
    assert [f.partition(":")[0] for f in found] == [f"clusters[{i}]" for i in range(4)]
    assert "2 clusters" in found[0]
    assert "visible: " in found[1]
    assert "no apiServerEndpoint yet" in found[3]


def test_a_cluster_that_cannot_be_meant_stops_no_other_where_each_is_asked_for(
    world: World,
) -> None:
    selectors = [
        Selector(path="clusters[0]", name="newborn"),
        Selector(path="clusters[1]", name="local-east"),
        Selector(path="clusters[2]", id=ID),
    ]

    newborn, found, again = select_each(selectors, lambda: world.client)

    assert "clusters[0]: cluster newborn" in newborn
    assert found == (ID, fleet.endpoint("local-east"))
    assert f"clusters[2]: is the same cluster as clusters[1] ({ID})" in again


def test_one_cluster_by_name_and_by_id_is_named_twice(world: World) -> None:
    selectors = [Selector(path="a", name="local-east"), Selector(path="b", id=ID)]

    with pytest.raises(errors.SettingsError, match="b: is the same cluster as a"):
        select(selectors, lambda: world.client)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "COREWEAVE_API_TOKEN is not set; export"),
        ({"TOKEN": "x"}, "TOKEN is set, but is not used"),
        ({"COREWEAVE_API_TOKEN": "a b"}, "contains spaces"),
        ({"COREWEAVE_API_TOKEN": "Bearer a"}, 'begins with the word "Bearer"'),
        ({"COREWEAVE_API_TOKEN": "'a'"}, "begins with a quotation mark"),
        ({"COREWEAVE_API_ENDPOINT": "http://api.coreweave.com"}, "must be an https URL"),
        ({"COREWEAVE_API_ENDPOINT": "https://u@h"}, "must be an https URL"),
        ({"COREWEAVE_API_ENDPOINT": "https://[h"}, "must be an https URL"),
        ({"COREWEAVE_HTTP_TIMEOUT": "soon"}, "must be a duration"),
        ({"CKS_ACCESS_REQUESTS_PER_SECOND": "many"}, "must be a number above 0"),
        ({"CKS_ACCESS_REQUESTS_PER_SECOND": "0"}, "must be a number above 0"),
    ],
    ids=str,
)
def test_a_wrong_environment_is_named_without_its_secret(
    values: dict[str, str], message: str
) -> None:
    with pytest.raises(errors.SettingsError, match=message):
        from_environment(values)


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1/"]
)
def test_plain_http_is_accepted_for_loopback_only(endpoint: str) -> None:
    values = {"COREWEAVE_API_TOKEN": "t", "COREWEAVE_API_ENDPOINT": endpoint}

    assert from_environment(values).endpoint == endpoint.rstrip("/")


@pytest.mark.parametrize(("text", "rate"), [("", 10.0), (" ", 10.0), ("0.5", 0.5)])
def test_the_requests_of_a_process_are_ten_a_second_or_as_the_environment_says(
    text: str, rate: float
) -> None:
    values = {"COREWEAVE_API_TOKEN": "t", "CKS_ACCESS_REQUESTS_PER_SECOND": text}

    assert from_environment(values).requests_per_second == rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("30s", 30), ("1m30s", 90), ("20m", 1200), ("x", None), ("٣s", None), ("٣", None)],
)
def test_durations_are_read_as_go_writes_them(text: str, seconds: float | None) -> None:
    assert environment.duration_seconds(text) == seconds


def test_a_server_that_is_no_url_is_said_without_a_traceback() -> None:
    access = ApiAccess("https://a\nb", "t", origin="endpoint")

    with pytest.raises(errors.SettingsError, match=r"'https://a\\nb' \(endpoint\) is not the URL"):
        Client(access)
