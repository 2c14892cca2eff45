"""The emulator and its control surface over loopback."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from lab.api import faults, fleet
from lab.api.control import Control, ControlError, ControlSurface, LabClock
from lab.api.emulator import CLUSTERS, WHOAMI, Emulator
from lab.api.server import serve
from lab.authority import Authority

if TYPE_CHECKING:
    from tests.unit.lab.api.conftest import Lab

ID = fleet.CONTROL_PLANE
BLOCK = {"issuerUrl": "https://idp.example.com", "clientId": "cks"}
SET = {"id": ID, "version": "v1.36", "oidc": BLOCK, "updateMask": "oidc.clientId,oidc.issuerUrl"}


@pytest.fixture
def api(lab: Lab) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {lab.token}"}
    with (
        serve(lab.emulator) as url,
        httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=5) as client,
    ):
        yield client


@pytest.fixture
def clock() -> LabClock:
    return LabClock(lambda: 0.0)


@pytest.fixture
def controlled(clock: LabClock) -> Emulator:
    return Emulator(fleet.clusters(), token="t" + "oken", clock=clock, update_seconds=5)


@pytest.fixture
def control(controlled: Emulator, clock: LabClock) -> Iterator[Control]:
    with serve(ControlSurface(controlled, clock)) as url:
        yield Control(url)


def test_the_four_operations_work_over_http(lab: Lab, api: httpx.Client) -> None:
    assert len(api.get(CLUSTERS).json()["items"]) == 6
    assert api.get(WHOAMI).json()["principal"]["orgUid"] == "cw1234"
    assert api.patch(f"{CLUSTERS}/{ID}", json=SET).status_code == 200
    lab.now = 5
    answer = api.get(f"{CLUSTERS}/{ID}")

    assert answer.json()["cluster"]["oidc"] == BLOCK
    assert answer.headers["content-type"] == "application/json"


def test_one_connection_carries_refusals_and_answers(api: httpx.Client) -> None:
    statuses = [
        api.patch(f"{CLUSTERS}/{ID}", json={"oidc": {}}).status_code,
        api.post(CLUSTERS, json={}).status_code,
        api.get(f"{CLUSTERS}/").status_code,
        api.get(CLUSTERS).status_code,
        api.get(CLUSTERS, headers={"authorization": "none"}).status_code,
    ]

    assert statuses == [400, 501, 404, 200, 401]


def test_a_cut_connection_is_no_answer(lab: Lab, api: httpx.Client) -> None:
    faults.add(lab.emulator, "cut")

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        api.get(CLUSTERS)

    assert api.get(CLUSTERS).status_code == 200


def test_a_slow_answer_runs_into_the_clients_time_out(lab: Lab, api: httpx.Client) -> None:
    faults.add(lab.emulator, "slow", seconds=30)

    with pytest.raises(httpx.ReadTimeout):
        api.get(CLUSTERS, timeout=0.1)

    assert api.get(CLUSTERS).status_code == 200


def test_a_trickle_arrives_complete_in_the_end(lab: Lab, api: httpx.Client) -> None:
    faults.add(lab.emulator, "slow", trickle=0.0005)

    assert "principal" in api.get(WHOAMI).json()


def test_an_ended_server_waits_for_no_slow_answer(lab: Lab) -> None:
    faults.add(lab.emulator, "slow", seconds=60)
    began = time.monotonic()

    with ThreadPoolExecutor() as pool:
        with serve(lab.emulator) as url:
            pending = pool.submit(httpx.get, f"{url}{WHOAMI}", trust_env=False, timeout=30)
            while not lab.emulator.requests:
                pass
        with pytest.raises(httpx.TransportError):
            pending.result()

    assert time.monotonic() - began < 30


def test_a_silent_client_stops_no_other(api: httpx.Client) -> None:
    with socket.create_connection((api.base_url.host, api.base_url.port or 0)):
        assert api.get(CLUSTERS).status_code == 200


def test_over_tls_neither_silence_nor_mistrust_of_one_client_stops_another(
    lab: Lab, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    trusting = ssl.create_default_context(cafile=str(authority.certificate))
    context = authority.server_context("api", ["127.0.0.1"])

    with serve(lab.emulator, ssl_context=context) as url:
        target = httpx.URL(url)
        with socket.create_connection((target.host, target.port or 0)):
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                httpx.get(url, trust_env=False, timeout=5)
            answer = httpx.get(f"{url}{CLUSTERS}", verify=trusting, trust_env=False, timeout=5)

    assert url.startswith("https://")
    assert answer.status_code == 401
    assert len(lab.emulator.requests) == 1


def test_many_clients_at_once_get_one_update_accepted(lab: Lab, api: httpx.Client) -> None:
    def patch(_number: int) -> int:
        return api.patch(f"{CLUSTERS}/{ID}", json=SET).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(patch, range(16)))

    assert sorted(statuses) == [200] + [400] * 15
    assert len(lab.emulator.requests) == 16


def test_another_process_can_watch_and_change_the_clusters(
    controlled: Emulator, control: Control
) -> None:
    control.change(ID, oidc=BLOCK, public=None)
    assert control.cluster(ID)["oidc"] == BLOCK
    assert "public" not in controlled.cluster(ID)

    new = "71b8dafa-e678-41ce-b676-22a2c7b79968"
    control.recreate(ID, new)
    control.remove(fleet.clusters()[1]["id"])

    ids = [c["id"] for c in control.clusters()]
    assert new in ids
    assert len(ids) == 5


def test_another_process_can_read_and_clear_the_log(controlled: Emulator, control: Control) -> None:
    lab_request = json.dumps(SET).encode()
    headers = {"authorization": "Bearer t" + "oken"}
    with serve(controlled) as url:
        httpx.patch(f"{url}{CLUSTERS}/{ID}", content=lab_request, headers=headers, trust_env=False)

    (logged,) = control.requests()

    assert (logged.method, logged.body, logged.status) == ("PATCH", SET, 200)
    assert logged == controlled.requests[0]
    control.clear_requests()
    assert control.requests() == []


def test_another_process_can_drive_the_clock_and_the_faults(
    controlled: Emulator, control: Control
) -> None:
    headers = {"authorization": "Bearer t" + "oken"}
    control.set_update_seconds(60)
    control.add_fault("busy", method="PATCH", target=ID, times=1, code=10)
    with serve(controlled) as url:

        def patch() -> int:
            answer = httpx.patch(
                f"{url}{CLUSTERS}/{ID}", json=SET, headers=headers, trust_env=False
            )
            return answer.status_code

        assert [patch(), patch()] == [409, 200]
        assert control.cluster(ID)["status"] == "STATUS_UPDATING"
        control.advance(60)
        assert control.cluster(ID)["status"] == "STATUS_RUNNING"
        control.add_fault("refusal", times=None, code=14)
        assert patch() == 503
        control.clear_faults()
        assert patch() == 200


def test_the_control_surface_says_what_it_does_not_know(control: Control) -> None:
    with pytest.raises(ControlError, match="nothing"):
        control.add_fault("nothing")
    with pytest.raises(ControlError, match="before"):
        control.add_fault("cut", before=True)
    with pytest.raises(ControlError, match="no-such-id"):
        control.change("no-such-id", public=False)
