"""The life of a stack from its first preview to its destroy, each command measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from bench.control_plane import BINDINGS, ControlPlane
from bench.measured_stack import EMPTY, Command, api, fleet_of, pinned, stack
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
    """How many clusters, how long each takes to settle, and how long the API takes to answer.

    Attributes:
        plane: the control plane behind all of them, for bindings and pipelines.
        only: the commands that are measured; by default all.
    """

    clusters: int
    settle_seconds: float = 1.0
    latency_seconds: float = 0.0
    plane: ControlPlane | None = None
    only: frozenset[str] = frozenset()

    @property
    def parallel(self) -> tuple[str, str]:
        """As many steps at a time as there are clusters: by default it depends on the machine."""
        return ("--parallel", str(max(16, self.clusters)))

    def stack_file(self) -> dict[str, Any]:
        """The stack file of pinned clusters, with five bindings and a pipeline if there is RBAC."""
        clusters = pinned(fleet_of(self.clusters))
        if self.plane is None:
            return {"identity": IDENTITY, "clusters": clusters}
        given = [self.plane.cluster(each) for each in clusters]
        return {"identity": IDENTITY, "clusters": given, "bindings": BINDINGS}


class _Step(NamedTuple):
    """A command, and the command of an empty program that it is compared with."""

    name: str
    like: str
    arguments: tuple[str, ...]
    identity: dict[str, Any] = IDENTITY


def _steps(load: Load) -> Iterator[_Step]:
    up = ("up", *YES, *load.parallel)
    yield _Step("first preview", PREVIEW, ("preview",))
    yield _Step("first up", UP, up)
    yield _Step("preview, no change", PREVIEW, ("preview",))
    yield _Step("up, no change", UP, up)
    yield _Step("up, one leaf", UP, up, CHANGED)
    yield _Step("refresh", "", ("refresh", *YES, *load.parallel), CHANGED)
    yield _Step("destroy", "", ("destroy", *YES, *load.parallel), CHANGED)


def samples(load: Load) -> Iterator[Sample]:
    """Run every command once, on a new stack."""
    plane = load.plane
    with api(
        fleet_of(load.clusters),
        settle_seconds=load.settle_seconds,
        latency_seconds=load.latency_seconds,
        token=plane.token if plane else "",
    ) as (emulator, found):
        variables = (plane.variables if plane else {}) | found
        with stack(emulator, variables, program={"__main__.py": EMPTY}) as empty:
            empty.pulumi("up", *YES)
            compared = {
                PREVIEW: empty.pulumi("preview"),
                UP: empty.pulumi("up", *YES, *load.parallel),
            }
        with stack(emulator, variables) as ours:
            file = load.stack_file()
            for step in _steps(load):
                if load.only and step.name not in load.only:
                    continue
                ours.write(**file | {"identity": step.identity})
                ran = ours.pulumi(*step.arguments)
                yield _sample(step.name, ran, compared.get(step.like), load)


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
    """The medians of one command at one load, and how many rounds they are of."""

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
    rounds: int


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
        len(each),
    )
