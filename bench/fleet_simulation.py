"""A fleet in many stacks, some at once, before an API with latency and a rate limit."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from bench.measured_stack import MeasuredStack, api, fleet_of, pinned, stack
from bench.operations import CHANGED, IDENTITY, YES, is_of_one_cluster
from lab.api.emulator import Answer, Emulator, Request, json_answer

_RESOURCE_EXHAUSTED = 8
"""The code of gRPC for a rate limit."""


@dataclass(frozen=True)
class Fleet:
    """What is simulated: the fleet, the API, and how many stacks run at the same time."""

    stacks: int = 20
    clusters_per_stack: int = 50
    at_once: int = 4
    settle_seconds: float = 10.0
    latency_seconds: float = 0.1
    requests_per_second: float = 20.0
    burst: float = 100.0
    retry_after_seconds: int = 2


@dataclass(frozen=True)
class Outcome:
    """One `up` of the whole fleet.

    Attributes:
        seconds: from the first command's start to the last one's end.
        requests: how many were sent, by their status.
        longest_wait: seconds from the first request about a cluster to the last one about it.
        wrong: the ids of clusters that do not have the block, or whose PATCH was accepted more than
            once.
        failed: the output of each command that failed.
    """

    name: str
    seconds: float
    requests: dict[int, int]
    longest_wait: float
    wrong: list[str]
    failed: list[str]


class _RateLimit:
    """So many requests a second, and what was saved; the others get a 429 with Retry-After."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._left, self._at = fleet.burst, time.monotonic()

    def __call__(self, _request: Request, _genuine: Callable[[], Answer]) -> Answer | None:
        now = time.monotonic()
        more = (now - self._at) * self._fleet.requests_per_second
        self._left, self._at = min(self._fleet.burst, self._left + more), now
        if self._left >= 1:
            self._left -= 1
            return None
        body = {"code": _RESOURCE_EXHAUSTED, "message": "too many requests", "details": []}
        answer = json_answer(body, 429)
        after = {"retry-after": str(self._fleet.retry_after_seconds)}
        return Answer(answer.status, answer.body, {**answer.headers, **after})


def outcomes(fleet: Fleet) -> Iterator[Outcome]:
    """Set the identity on the whole fleet, change one leaf of it, and find nothing to change."""
    clusters = fleet_of(fleet.stacks * fleet.clusters_per_stack)
    with ExitStack() as opened:
        emulator, variables = opened.enter_context(
            api(
                clusters,
                settle_seconds=fleet.settle_seconds,
                latency_seconds=fleet.latency_seconds,
            )
        )
        made = [
            opened.enter_context(stack(emulator, variables, name=f"part-{n}"))
            for n in range(fleet.stacks)
        ]
        emulator.add_fault(_RateLimit(fleet))
        parts = [
            pinned(clusters[n * fleet.clusters_per_stack : (n + 1) * fleet.clusters_per_stack])
            for n in range(fleet.stacks)
        ]
        for name, identity in (
            ("first up", IDENTITY),
            ("up, one leaf", CHANGED),
            ("up, no change", CHANGED),
        ):
            for each, part in zip(made, parts, strict=True):
                each.write(identity=identity, clusters=part)
            yield _outcome(name, emulator, made, fleet, identity)


def _outcome(
    name: str,
    emulator: Emulator,
    stacks: Sequence[MeasuredStack],
    fleet: Fleet,
    identity: dict[str, str],
) -> Outcome:
    before, began = len(emulator.requests), time.monotonic()
    parallel = ("--parallel", str(fleet.clusters_per_stack))

    def up(each: MeasuredStack) -> str:
        ran = each.pulumi("up", *YES, *parallel, may_fail=True)
        return ran.measured.output if ran.measured.code else ""

    with ThreadPoolExecutor(fleet.at_once) as threads:
        failed = [output for output in threads.map(up, stacks) if output]
    seconds = time.monotonic() - began
    sent = emulator.requests[before:]
    wanted = {key: value for key, value in identity.items() if key != "discovery"}.items()
    times: dict[str, list[float]] = {}
    for request in filter(is_of_one_cluster, sent):
        times.setdefault(request.path, []).append(request.time)
    accepted = Counter(r.path for r in sent if r.method == "PATCH" and r.status < 300)
    return Outcome(
        name,
        seconds,
        dict(Counter(r.status for r in sent)),
        max((max(t) - min(t) for t in times.values()), default=0.0),
        [
            c["id"]
            for c in emulator.clusters()
            if c.get("oidc", {}).items() != wanted
            or any(n > 1 for path, n in accepted.items() if path.endswith(c["id"]))
        ],
        failed,
    )
