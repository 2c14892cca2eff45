"""What every tier shares: the way from our client to the emulator inside one process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from coverage import Coverage
from google.protobuf.empty_pb2 import Empty
from hypothesis import HealthCheck, settings
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # xdist has no types

from cks_components.api.client import Client
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.api.models import B, Block, OidcConfig
from cks_components.engine import block_ownership
from cks_components.lifecycle.block import BlockLifecycle
from cks_components.lifecycle.intent import Intent
from cks_components.lifecycle.missing_cluster import LastKnownCluster
from lab.api import fleet
from lab.api.emulator import Answer, Emulator, Logged, Request
from tests import program

ENDPOINT = "https://api.coreweave.com"
# How long an example takes says more of the machine, and of who else works on it, than of the code.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples in every run, so that neither a failure nor a gap in coverage depends on luck.
# For new examples: pytest --hypothesis-profile=search
settings.register_profile("repeatable", settings.get_profile("search"), derandomize=True)
settings.load_profile("repeatable")
COSTLY = {"tests/engine/test_bare_resource.py", "tests/engine/test_faults.py"}
"""Files whose tests look at what one course of commands left; those of the lab share a control plane."""
UNCOUNTED = ("tests/unit/bench/", "tests/unit/lab/")
"""Folders of tests that do not import the package."""


@dataclass
class FakeTime:
    """A clock that only sleeping moves."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        """This time as the package takes it."""
        return _StillClock(lambda: self.now, self.sleep)


@dataclass(frozen=True)
class _StillClock(Clock):
    """A clock that stands still while a call runs: nothing is to be done every few seconds of it.

    The real one starts a thread for each read, which is most of the time of a test of schedules.
    """

    @contextmanager
    def every(self, seconds: float, call: Callable[[], None]) -> Iterator[None]:  # noqa: ARG002 - as in the base
        yield


class Told:
    """A report that remembers what it was told."""

    def __init__(self) -> None:
        self.row: list[str] = []
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def progress(self, text: str) -> None:
        self.row.append(text)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


class Notebook:
    """The intents of one stack for one cluster, which last as long as the test."""

    stack = "acme/cks-access/test"

    def __init__(self) -> None:
        self.noted: dict[str, Intent[Any]] = {}
        self.of_others: list[Intent[Any]] = []

    def own(self, kind: type[B]) -> Intent[B] | None:
        return self.noted.get(kind.field)

    def others(self, _kind: type[B]) -> list[Intent[B]]:
        return self.of_others

    def keep(self, intent: Intent[B]) -> None:
        self.noted[intent.previous.field] = intent

    def drop(self, kind: type[Block]) -> None:
        self.noted.pop(kind.field, None)


class World:
    """An emulator, our client in front of it, and a clock that both go by."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.token = "CW-SECRET-" + "unit"
        self.emulator = Emulator(
            fleet.clusters(), token=self.token, clock=lambda: self.time.now, update_seconds=5
        )
        self.told = Told()
        self.intents = Notebook()
        self.client = self.client_with(self.token)
        self.access = ApiAccess(ENDPOINT, self.token)
        self.connecting: Callable[[httpx.Request], None] = lambda _request: None
        """Raises where no connection to the emulator comes about."""

    def client_with(self, token: str) -> Client:
        return Client(
            ApiAccess(ENDPOINT, token),
            transport=httpx.MockTransport(self._answer),
            clock=self.time.clock,
        )

    def owner(
        self,
        cluster_id: str = fleet.CONTROL_PLANE,
        *,
        timeout: float = 1200.0,
        seen: LastKnownCluster | None = None,
        **more: Any,
    ) -> BlockLifecycle[OidcConfig]:
        return BlockLifecycle(
            self.client,
            cluster_id,
            OidcConfig,
            timeout,
            self.told,
            self.intents,
            seen or LastKnownCluster(),
            **more,
        )

    @property
    def patches(self) -> list[Logged]:
        return [r for r in self.emulator.requests if r.method == "PATCH"]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.connecting(request)
        answer = self.emulator.answer(
            Request(
                request.method,
                request.url.raw_path.decode(),
                dict(request.headers),
                request.content,
            )
        )
        if answer.cut:
            message = "the connection was cut"
            raise httpx.ReadError(message, request=request)
        patience = request.extensions["timeout"]["read"]
        if answer.delay > patience:
            self.time.now += patience
            message = "the answer did not come in time"
            raise httpx.ReadTimeout(message, request=request)
        self.time.now += answer.delay
        return httpx.Response(
            answer.status, headers=dict(answer.headers), content=self._bytes(answer)
        )

    def _bytes(self, answer: Answer) -> Iterator[bytes]:
        if not answer.trickle:
            yield answer.body
            return
        for byte in answer.body:
            self.time.now += answer.trickle
            yield bytes([byte])


class Together(LoadScopeScheduling):  # type: ignore[misc] # for the same reason
    """Where tests run in parallel, keeps a file on one worker whose tests share a costly beginning.

    Each worker has fixtures of its own, so that this saves time and no test depends on it.
    xdist's own groups are not used: with pytest 9.2 it does not see the mark.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return (
            file if file.startswith(("tests/lab/", "tests/editor/")) or file in COSTLY else nodeid
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    return Together(config, log) if config.getvalue("dist") == "loadscope" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure no coverage during a test that does not count: measuring doubles its time."""
    measured = Coverage.current()
    if measured is None or not is_uncounted(item):
        return (yield)
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()


def is_uncounted(item: pytest.Item) -> bool:
    """Whether a test does not touch the package, or what it reaches is luck."""
    return item.nodeid.startswith(UNCOUNTED) or has_random_examples(item)


def has_random_examples(item: pytest.Item) -> bool:
    """Whether hypothesis draws what a test is given."""
    return item.get_closest_marker("hypothesis") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long tests, so that no worker is left alone with one at the end."""
    items.sort(key=has_random_examples, reverse=True)


def pytest_sessionfinish() -> None:
    program.forget_releases()


@pytest.fixture(autouse=True)
def new_process() -> None:
    """Each test stands for a run of its own: nothing is known of the resources of the last one."""
    block_ownership.forget()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    world = World()
    yield world
    for request in world.patches:
        assert_is_ours(request)


BLOCKS = {"oidc", "authnWebhook", "authzWebhook"}


def assert_is_ours(request: Logged) -> None:
    """No PATCH without mask, none with anything that is not ours, whatever the test is about."""
    assert set(request.body) <= {"id", "version", "updateMask"} | BLOCKS
    assert request.body["version"]
    paths = request.body["updateMask"].split(",")
    assert paths == sorted(paths)
    (block,) = {path.partition(".")[0] for path in paths}
    assert block in BLOCKS
    assert request.body.keys() & BLOCKS <= {block}


class EngineLog(engine_pb2_grpc.EngineServicer):
    """The engine's log as a provider process sees it."""

    def __init__(self) -> None:
        self.address = ""
        self.messages: list[tuple[str, str]] = []
        self.kept: list[bool] = []

    def Log(self, request: engine_pb2.LogRequest, _context: object) -> Empty:  # noqa: N802 - the protocol's name
        self.messages.append((request.urn, request.message))
        self.kept.append(not request.ephemeral)
        return Empty()


@contextmanager
def listening_engine() -> Iterator[EngineLog]:
    """An engine that takes note of what providers tell it."""
    log = EngineLog()
    server = grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(log, server)
    log.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield log
    server.stop(None).wait()


@pytest.fixture
def engine_log() -> Iterator[EngineLog]:
    with listening_engine() as log:
        yield log
