"""Real processes: the SDK's own provider, driven over gRPC as the engine does, and git."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from cks_components.cluster_oidc import ClusterOidcProvider
from lab.api import fleet
from lab.api.emulator import Emulator
from lab.api.server import serve

if TYPE_CHECKING:
    from tests.conftest import EngineLog


def bag(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update({k: v for k, v in values.items() if v is not None})
    return struct


def values(struct: struct_pb2.Struct) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(struct)
    return found


@dataclass
class Wire:
    """The provider process, the emulator behind it, and the engine's log beside it."""

    stub: provider_pb2_grpc.ResourceProviderStub
    emulator: Emulator
    engine: EngineLog
    news: dict[str, Any]

    def check(self, **changes: Any) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        request = provider_pb2.CheckRequest(olds=bag({}), news=bag(self.news | changes))
        answer = self.stub.Check(request)
        return values(answer.inputs), [(f.property, f.reason) for f in answer.failures]

    def diff(self, olds: dict[str, Any], news: dict[str, Any]) -> provider_pb2.DiffResponse:
        answer: provider_pb2.DiffResponse = self.stub.Diff(
            provider_pb2.DiffRequest(id=fleet.CONTROL_PLANE, olds=bag(olds), news=bag(news))
        )
        return answer

    def create(self, inputs: dict[str, Any]) -> dict[str, Any]:
        return values(
            self.stub.Create(provider_pb2.CreateRequest(properties=bag(inputs))).properties
        )

    def read(self, state: dict[str, Any]) -> provider_pb2.ReadResponse:
        answer: provider_pb2.ReadResponse = self.stub.Read(
            provider_pb2.ReadRequest(id=fleet.CONTROL_PLANE, properties=bag(state))
        )
        return answer

    def delete(self, state: dict[str, Any]) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(id=fleet.CONTROL_PLANE, properties=bag(state)))


@contextmanager
def started(
    engine_log: EngineLog, environment: dict[str, str]
) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """Start the SDK's process; the token of its environment is nowhere in what it prints."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.dynamic", engine_log.address],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Configure(provider_pb2.ConfigureRequest())
        yield stub
    process.terminate()
    said = process.communicate(timeout=60)[0]
    assert environment["COREWEAVE_API_TOKEN"] not in said


@pytest.fixture
def wire(engine_log: EngineLog, tmp_path: Path) -> Iterator[Wire]:
    token = "CW-SECRET-" + os.urandom(8).hex()
    emulator = Emulator(fleet.clusters(), token=token, update_seconds=0.6)
    with serve(emulator) as url:
        environment = {
            "COREWEAVE_API_TOKEN": token,
            "COREWEAVE_API_ENDPOINT": url,
            "PULUMI_HOME": str(tmp_path),
        }
        news = {
            "__provider": serialize_provider(ClusterOidcProvider()),
            "__urn": "urn:pulumi:test::cks-access::pulumi-python:dynamic/cks:ClusterOidc::x",
            "cluster_id": fleet.CONTROL_PLANE,
            "issuer_url": "https://idp.example.com",
            "client_id": "cks",
            "username_claim": "email",
            "signing_algorithms": ["RS256"],
            "update_timeout_seconds": 60,
        }
        with started(engine_log, environment) as stub:
            yield Wire(stub, emulator, engine_log, news)


@pytest.fixture
def provider_process() -> Callable[..., AbstractContextManager[Any]]:
    """Starts the SDK's process, with more variables in its environment."""
    return started
