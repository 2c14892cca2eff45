"""Progress reaches the resource's row, and never disturbs the work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from cks_components.engine.progress import row


class Engine(engine_pb2_grpc.EngineServicer):
    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []

    def Log(self, request: engine_pb2.LogRequest, _context: object) -> Empty:  # noqa: N802 - the protocol's name
        self.messages.append((request.urn, request.message))
        return Empty()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    engine = Engine()
    server = grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setattr(sys, "argv", ["provider", f"127.0.0.1:{port}"])
    yield engine
    server.stop(None).wait()


def test_texts_that_follow_too_quickly_are_dropped(engine: Engine) -> None:
    times = iter([0.0, 5.0, 16.0, 16.0])
    show = row("urn:x", now=lambda: next(times))

    for text in ("one", "two", "three"):
        show(text)

    assert engine.messages == [("urn:x", "one"), ("urn:x", "three")]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no-address"])
def test_without_an_engine_nothing_fails(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(sys, "argv", ["provider", address])

    row("urn:x")("text")
    row(None)("text")
