"""Several calls at a time."""

from __future__ import annotations

from contextvars import ContextVar
from threading import Barrier

import pytest

from cks_components.api.concurrent_calls import called_for_each

RECEIVER: ContextVar[str] = ContextVar("RECEIVER", default="nobody")


def test_the_things_are_worked_on_together_and_the_results_are_in_their_order() -> None:
    together = Barrier(3, timeout=30)

    def work(thing: int) -> int:
        together.wait()
        return -thing

    assert called_for_each(work, [3, 1, 2]) == [-3, -1, -2]
    assert called_for_each(work, []) == []


def test_each_thread_has_the_context_of_the_caller() -> None:
    token = RECEIVER.set("the log")

    found = called_for_each(lambda _: RECEIVER.get(), range(20))
    RECEIVER.reset(token)

    assert found == ["the log"] * 20


def test_the_first_failure_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        called_for_each(lambda thing: 1 // thing, [1, 0, 2])
