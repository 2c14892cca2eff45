"""The life of a stack from its first preview to its destroy, each command measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from bench.measured_stack import Command, MeasuredStack, api, fleet_of, pinned, stack
from lab.api.emulator import Logged

IDENTITY: dict[str, Any] = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "idp:",
    "discovery": "off",  # nothing goes beyond this machine
}
CHANGED = IDENTITY | {"groupsPrefix": "new:"}
PREVIEW, UP = "preview", "up"
YES = ("--yes", "--skip-preview")


class Sample(NamedTuple):
    """One command of one round.

    Attributes:
        empty: the seconds of the same command with an empty program, in the same round; None for
            what an empty program has no counterpart of.
        lags: seconds between the end of each cluster's change and the read that saw it.
    """

    name: str
    seconds: float
    cpu_seconds: float
    peak_mebibytes: float
    empty: float | None
    empty_cpu: float | None
    gets: int
    lists: int
    patches: int
    lags: Sequence[float]


@dataclass(frozen=True)
class Load:
    """How many clusters, how long each takes to settle, and how long the API takes to answer."""

    clusters: int
    settle_seconds: float = 1.0
    latency_seconds: float = 0.0

    @property
    def parallel(self) -> tuple[str, str]:
        """As many steps at a time as there are clusters: by default it depends on the machine."""
        return ("--parallel", str(max(16, self.clusters)))


def samples(load: Load) -> Iterator[Sample]:
    """Run every command once, on a new stack."""
    clusters = fleet_of(load.clusters)
    with api(
        clusters, settle_seconds=load.settle_seconds, latency_seconds=load.latency_seconds
    ) as (emulator, variables):
        with stack(emulator, variables, is_empty=True) as empty:
            empty.pulumi("up", *YES)
            compared = {
                PREVIEW: empty.pulumi("preview"),
                UP: empty.pulumi("up", *YES, *load.parallel),
            }
        with stack(emulator, variables) as ours:
            ours.write(identity=IDENTITY, clusters=pinned(clusters))
            for name, ran, like in _commands(ours, load, pinned(clusters)):
                yield _sample(name, ran, compared.get(like), load)


def _commands(
    ours: MeasuredStack, load: Load, clusters: Sequence[Any]
) -> Iterator[tuple[str, Command, str]]:
    at_once = load.parallel
    yield "first preview", ours.pulumi("preview"), PREVIEW
    yield "first up", ours.pulumi("up", *YES, *at_once), UP
    yield "preview, no change", ours.pulumi("preview"), PREVIEW
    yield "up, no change", ours.pulumi("up", *YES, *at_once), UP
    ours.write(identity=CHANGED, clusters=clusters)
    yield "up, one leaf", ours.pulumi("up", *YES, *at_once), UP
    yield "refresh", ours.pulumi("refresh", *YES, *at_once), ""
    yield "destroy", ours.pulumi("destroy", *YES, *at_once), ""


def _sample(name: str, ran: Command, like: Command | None, load: Load) -> Sample:
    by_id = [request for request in ran.requests if is_of_one_cluster(request)]
    return Sample(
        name,
        ran.measured.seconds,
        ran.measured.cpu_seconds,
        ran.measured.peak_mebibytes,
        like.measured.seconds if like else None,
        like.measured.cpu_seconds if like else None,
        sum(r.method == "GET" for r in by_id),
        len(ran.requests) - len(by_id),
        sum(r.method == "PATCH" for r in by_id),
        _lags(by_id, load.settle_seconds),
    )


def is_of_one_cluster(request: Logged) -> bool:
    """Whether a request is about one cluster, and not for their list."""
    return not request.path.endswith("/clusters")


def _lags(requests: Sequence[Logged], settle_seconds: float) -> list[float]:
    """For each cluster, how long after the end of its change it was read last."""
    changed: dict[str, float] = {}
    read: dict[str, float] = {}
    for request in requests:
        times = changed if request.method == "PATCH" else read
        times[request.path] = request.time
    return [read[path] - sent - settle_seconds for path, sent in changed.items() if path in read]


@dataclass(frozen=True)
class Row:
    """The medians of one command at one load."""

    clusters: int
    name: str
    seconds: float
    ratio: float | None
    cpu_ratio: float | None
    cpu_seconds: float
    peak_mebibytes: float
    gets: float
    lists: float
    patches: float
    lag: float | None


def rows(load: Load, rounds: int) -> list[Row]:
    """Run every command so many times; paired ratios, and medians of all."""
    taken = [list(samples(load)) for _ in range(rounds)]
    return [_row(load.clusters, list(each)) for each in zip(*taken, strict=True)]


def _row(clusters: int, each: Sequence[Sample]) -> Row:
    paired = [s.seconds / s.empty for s in each if s.empty]
    paired_cpu = [s.cpu_seconds / s.empty_cpu for s in each if s.empty_cpu]
    lags = [lag for s in each for lag in s.lags]
    return Row(
        clusters,
        each[0].name,
        median(s.seconds for s in each),
        median(paired) if paired else None,
        median(paired_cpu) if paired_cpu else None,
        median(s.cpu_seconds for s in each),
        max(s.peak_mebibytes for s in each),
        median(s.gets for s in each),
        median(s.lists for s in each),
        median(s.patches for s in each),
        median(lags) if lags else None,
    )
