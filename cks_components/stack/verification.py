"""Tests the promises of a stack file (`expect`) on its clusters at the end of an update."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pulumi

from cks_components.access import live_promise_check, promise_report
from cks_components.access.live_promise_check import LiveOutcome
from cks_components.access.promise_check import Verdict
from cks_components.api.clock import Clock
from cks_components.api.errors import CksError
from cks_components.engine.provider_call import connected_to
from cks_components.kubernetes.address import Address
from cks_components.stack_file.settings import StackSettings

_TRIES = 16
_PAUSE_SECONDS = 2.0
"""kube-apiserver knows a new binding a moment after it was written; kube-controller-manager fills a
role that extends another (aggregation) some seconds after, or later if the cluster is busy."""


class BrokenPromisesError(CksError, pulumi.RunError):
    """An update did what it should, and not everybody can do what the stack file promises."""


def verify(settings: StackSettings, servers: Sequence[Address], clock: Clock | None = None) -> None:
    """Test every promise on every cluster, several clusters at a time.

    Args:
        settings: of the stack.
        servers: the managed server of each cluster, in the order of the stack file.
        clock: replaced by tests.

    Raises:
        BrokenPromisesError: a promise is broken or cannot be decided, or a cluster cannot be asked.
    """
    sleep = (clock or Clock()).sleep

    def ask(index: int) -> list[LiveOutcome]:
        with connected_to(servers[index]) as client:
            return _settled(lambda: live_promise_check.outcomes(settings, index, client), sleep)

    answers = live_promise_check.ask_all(settings, ask)
    wrong = [
        f"{line.verdict}: {line.text}"
        for line in promise_report.lines(answers.outcomes)
        if line.verdict is not Verdict.KEPT
    ]
    wrong += answers.problems
    if wrong:
        message = (
            "everything was written, but the tests of access (expect, verify: true) failed:\n"
            + "\n".join(wrong)
            + '\nCorrect bindings, roles or expect, and run "pulumi up" again'
        )
        raise BrokenPromisesError(message)
    pulumi.info(f"tests of access: {promise_report.summary(answers.outcomes)}")


def _settled(
    ask: Callable[[], list[LiveOutcome]], sleep: Callable[[float], None]
) -> list[LiveOutcome]:
    """The outcomes, once all are kept or some time has passed."""
    found = ask()
    for _ in range(_TRIES - 1):
        if promise_report.is_kept(found):
            break
        sleep(_PAUSE_SECONDS)
        found = ask()
    return found
