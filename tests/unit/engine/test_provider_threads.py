"""The provider process works on more calls at a time than the SDK lets it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

from cks_components.engine.provider_threads import widen

_PATIENCE_SECONDS = 30.0
"""Only a failing test takes so long."""


class Unchangeable(ThreadPoolExecutor):
    """An executor of another Python, whose size is fixed once it is made."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "_max_workers" and hasattr(self, name):
            raise AttributeError(name)
        super().__setattr__(name, value)


def test_a_server_of_four_threads_works_on_twenty_calls_at_a_time() -> None:
    """Fails if Python's executor gets other names inside: look at `provider_threads` then."""
    together = Barrier(20)
    with ThreadPoolExecutor(4) as server:
        server.submit(widen).result()
        calls = [server.submit(together.wait, _PATIENCE_SECONDS) for _ in range(20)]

        assert sorted(call.result() for call in calls) == list(range(20))


def test_calls_that_wait_already_are_taken_up_as_well() -> None:
    all_there, together = Event(), Barrier(20)

    def first() -> int:
        all_there.wait(_PATIENCE_SECONDS)
        widen()
        return together.wait(_PATIENCE_SECONDS)

    with ThreadPoolExecutor(1) as server:
        calls = [server.submit(first)]
        calls += [server.submit(together.wait, _PATIENCE_SECONDS) for _ in range(19)]
        all_there.set()

        assert sorted(call.result() for call in calls) == list(range(20))


def test_a_larger_server_keeps_its_size() -> None:
    together = Barrier(3)
    with ThreadPoolExecutor(3) as server:
        server.submit(widen, 2).result()
        calls = [server.submit(together.wait, _PATIENCE_SECONDS) for _ in range(3)]

        assert sorted(call.result() for call in calls) == [0, 1, 2]


def test_a_server_that_cannot_grow_works_as_before() -> None:
    with Unchangeable(4) as server:
        server.submit(widen).result()

        assert server.submit(int).result() == 0


def test_outside_a_server_nothing_happens() -> None:
    widen()
