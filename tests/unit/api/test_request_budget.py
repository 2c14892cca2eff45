"""A process keeps to its budget of requests, and all of it to a pause that the API asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cks_components.api import errors
from cks_components.api.clock import Clock
from cks_components.api.request_budget import SAVED_SECONDS, RequestBudget
from lab.api import faults, fleet
from tests.conftest import FakeTime

if TYPE_CHECKING:
    from tests.conftest import World

ID = fleet.CONTROL_PLANE
TWIN = "2c6385a3-9123-4c79-a121-dd5d62724413"


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def budget_of(time: FakeTime, per_second: float) -> RequestBudget:
    return RequestBudget(per_second, Clock(lambda: time.now, time.sleep))


def sent_at(time: FakeTime, budget: RequestBudget, count: int) -> list[float]:
    """The seconds from now at which so many requests are sent."""
    began, moments = time.now, list[float]()
    for _ in range(count):
        budget.take()
        moments.append(round(time.now - began, 6))
    return moments


def test_what_was_saved_is_sent_without_a_pause_and_the_rest_at_the_rate(time: FakeTime) -> None:
    saved = int(SAVED_SECONDS * 2) + 1

    moments = sent_at(time, budget_of(time, 2), saved + 4)

    assert moments == [0.0] * saved + [0.5, 1.0, 1.5, 2.0]


def test_unused_requests_are_saved_again_but_not_for_ever(time: FakeTime) -> None:
    budget = budget_of(time, 1)
    sent_at(time, budget, 31)

    time.now += 10
    assert sent_at(time, budget, 11) == [0.0] * 10 + [1.0]

    time.now += 1000
    assert sent_at(time, budget, 32) == [0.0] * 31 + [1.0]


def test_after_a_pause_everything_goes_at_the_rate(time: FakeTime) -> None:
    budget = budget_of(time, 2)

    budget.close(7)

    assert sent_at(time, budget, 3) == [7.0, 7.5, 8.0]


def test_a_shorter_pause_does_not_end_a_longer_one(time: FakeTime) -> None:
    budget = budget_of(time, 2)

    budget.close(7)
    budget.close(1)

    assert sent_at(time, budget, 1) == [7.0]


def test_who_waits_for_a_turn_waits_for_the_pause_as_well() -> None:
    class Interrupted(FakeTime):
        """Another thread is refused while this one waits for its turn."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.slept) == 1:
                budget.close(5)

    time = Interrupted()
    budget = budget_of(time, 1)

    assert sent_at(time, budget, 32) == [0.0] * 31 + [6.0]


def test_what_cannot_wait_is_counted_and_refused_only_in_a_pause(time: FakeTime) -> None:
    budget = budget_of(time, 1)

    assert [budget.take_at_once() for _ in range(40)] == [0.0] * 40
    assert sent_at(time, budget, 1) == [10.0]

    budget.close(3)
    assert budget.take_at_once() == 3


def test_a_429_for_one_cluster_makes_the_reads_of_the_others_wait(world: World) -> None:
    refused = {"retry-after": "9"}
    faults.add(world.emulator, "refusal", code=8, headers=refused, target=ID)

    with pytest.raises(errors.RateLimitedError):
        world.client.get_cluster(ID, deadline_seconds=5)
    began = world.time.now
    world.client.get_cluster(TWIN)

    assert world.time.now - began == 9


def test_in_a_pause_a_write_is_not_sent_because_what_was_read_would_be_out_of_date(
    world: World,
) -> None:
    cluster = world.client.get_cluster(ID)
    faults.add(world.emulator, "refusal", code=8, headers={"retry-after": "9"}, target=TWIN)
    with pytest.raises(errors.RateLimitedError):
        world.client.get_cluster(TWIN, deadline_seconds=5)

    with pytest.raises(errors.RateLimitedError, match=r"it was not sent.* 9 s are left") as caught:
        world.client.patch_cluster(cluster, {"updateMask": "oidc.clientId"})

    assert caught.value.retry_after == "9"
    assert world.patches == []
