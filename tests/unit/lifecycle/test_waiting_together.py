"""While several clusters of one process wait, lists serve them all, and a read ends each wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api import errors
from cks_components.api.models import OidcConfig
from lab.api import faults, fleet
from tests.conftest import FakeTime

if TYPE_CHECKING:
    from tests.conftest import World

ID = fleet.CONTROL_PLANE
WIRE = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "groupsPrefix": "idp:"}
DESIRED = OidcConfig.model_validate(WIRE)
_PATIENCE_SECONDS = 60.0
"""Only a failing test takes so long."""


class CommonTime(FakeTime):
    """A clock of several threads, which moves on when all of them sleep."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._changed = Condition()
        self._awake = threads
        self._due: list[float] = []

    def sleep(self, seconds: float) -> None:
        with self._changed:
            due = self.now + seconds
            self._due.append(due)
            self.end()
            assert self._changed.wait_for(lambda: self.now >= due, _PATIENCE_SECONDS)

    def end(self) -> None:
        """The present thread sleeps, or has ended."""
        with self._changed:
            self._awake -= 1
            if self._due and not self._awake:
                self.now = min(self._due)
                self._awake = sum(due <= self.now for due in self._due)
                self._due = [due for due in self._due if due > self.now]
                self._changed.notify_all()


@pytest.fixture
def other_wait(world: World) -> Iterator[None]:
    """The operation of a test is not the only one that is under way in its process."""
    with world.client.polls.joined():
        yield


def set_block(world: World, **more: Any) -> list[str]:
    """Set the block on our cluster; gives what was sent."""
    world.owner(**more).create(DESIRED, adopt=False)
    return sent(world)


def sent(world: World) -> list[str]:
    names = {"clusters": "LIST", ID: "GET"}
    return [
        "PATCH" if r.method == "PATCH" else names[r.path.rpartition("/")[2]]
        for r in world.emulator.requests
    ]


def test_fifty_clusters_are_changed_with_three_requests_each_and_a_list_a_second(
    world: World,
) -> None:
    ids = [f"00000000-0000-4000-8000-{n:012d}" for n in range(50)]
    for n, cluster_id in enumerate(ids):
        world.emulator.add(fleet.cluster(cluster_id, f"c{n}"))
    world.emulator.update_seconds = 20
    time = world.time = CommonTime(len(ids))
    world.client = world.client_with(world.token)

    def change(cluster_id: str) -> None:
        try:
            world.owner(cluster_id).create(DESIRED, adopt=False)
        finally:
            time.end()

    # One more operation, so that neither the first nor the last cluster waits alone.
    with world.client.polls.joined(), ThreadPoolExecutor(len(ids)) as threads:
        list(threads.map(change, ids))

    each = Counter((r.method, r.path.rpartition("/")[2]) for r in world.emulator.requests)
    lists = [r.time for r in world.emulator.requests if r.path.endswith("/clusters")]
    assert all(each["PATCH", id_] == 1 for id_ in ids)
    assert all(each["GET", id_] == 2 for id_ in ids)  # before the change, and at the end
    assert all(world.emulator.cluster(id_)["oidc"] == WIRE for id_ in ids)
    later = [moment for moment in lists if moment >= 1003]
    assert len(lists) - len(later) <= 12
    assert max(Counter(map(int, later)).values()) == 1
    assert time.now - 1000 <= 22


@pytest.mark.usefixtures("other_wait")
def test_lists_say_that_nothing_is_new_and_a_read_ends_the_wait(world: World) -> None:
    requests = set_block(world)

    assert requests[:2] == ["GET", "PATCH"]
    assert set(requests[2:-1]) == {"LIST"}
    assert requests[-1] == "GET"


def test_a_cluster_that_waits_alone_needs_no_list(world: World) -> None:
    assert "LIST" not in set_block(world)


@pytest.mark.usefixtures("other_wait")
def test_a_list_without_the_cluster_says_nothing(world: World) -> None:
    faults.add(world.emulator, "hidden", cluster=ID, times=None)

    set_block(world)

    assert world.emulator.cluster(ID)["oidc"] == WIRE


@pytest.mark.usefixtures("other_wait")
def test_a_list_that_fails_is_replaced_by_reads(world: World) -> None:
    faults.add(world.emulator, "refusal", code=7, method="GET", target="list", times=None)

    set_block(world)

    assert world.emulator.cluster(ID)["oidc"] == WIRE


@pytest.mark.usefixtures("other_wait")
def test_a_list_that_stays_behind_delays_the_end_by_a_minute_at_most(world: World) -> None:
    faults.add(world.emulator, "shown_status", status="STATUS_UPDATING", target="list", times=None)
    began = world.time.now

    set_block(world)

    assert world.time.now - began <= 70


@pytest.mark.usefixtures("other_wait")
def test_a_list_that_is_ahead_of_the_reads_ends_nothing(world: World) -> None:
    faults.add(world.emulator, "early_values", reads=2)

    requests = set_block(world)

    assert world.emulator.cluster(ID)["status"] == "STATUS_RUNNING"
    assert requests[-1] == "GET"


@pytest.mark.usefixtures("other_wait")
def test_a_failure_in_a_list_is_believed_once_it_is_read(world: World) -> None:
    faults.add(world.emulator, "shown_status", status="STATUS_ERROR", target="list", times=2)

    set_block(world)

    faults.add(world.emulator, "ends_in", status="STATUS_FAILED")
    with pytest.raises(errors.ClusterFailedError):
        world.owner().update(
            DESIRED,
            DESIRED.model_copy(update={"client_id": "other"}),
            on_drift="refuse",
        )
    assert sent(world)[-1] == "GET"


@pytest.mark.usefixtures("other_wait")
def test_while_the_api_refuses_lists_for_their_rate_nothing_else_is_sent(world: World) -> None:
    refused = {"retry-after": "20"}
    faults.add(
        world.emulator, "refusal", code=8, headers=refused, method="GET", target="list", times=1
    )
    world.emulator.update_seconds = 40

    requests = set_block(world)

    moments = [r.time for r in world.emulator.requests]
    refusal = requests.index("LIST")
    assert requests.count("GET") == 2
    assert moments[refusal + 1] - moments[refusal] >= 20


@pytest.mark.usefixtures("other_wait")
def test_at_the_time_limit_the_cluster_is_read_once_more(world: World) -> None:
    faults.add(world.emulator, "never_ends")

    with pytest.raises(errors.WaitTimeoutError):
        world.owner(timeout=30).create(DESIRED, adopt=False)

    assert sent(world)[-1] == "GET"


@pytest.mark.usefixtures("other_wait")
def test_a_busy_cluster_is_waited_for_by_lists_and_read_before_the_change(world: World) -> None:
    world.emulator.change(ID, status="STATUS_UPDATING")
    ready = {"status": "STATUS_RUNNING"}
    faults.add(world.emulator, "outside", method="GET", target="list", skip=3, on=ID, change=ready)

    requests = set_block(world)

    before = requests[: requests.index("PATCH")]
    assert before[0] == before[-1] == "GET"
    assert set(before[1:-1]) == {"LIST"}
