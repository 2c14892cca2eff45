"""A stored token on the wire: secret after create, update and refresh, and in no text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from cks_components.service_account_token import ServiceAccountTokenProvider
from lab.api.server import serve
from tests.kubernetes_api import FakeKubernetes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import EngineLog

Stub = provider_pb2_grpc.ResourceProviderStub
MARK = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
URN = "urn:pulumi:test::cks-access::pulumi-python:dynamic/cks:ServiceAccountToken::x"


@pytest.fixture
def kubernetes() -> FakeKubernetes:
    fake = FakeKubernetes("CW-SECRET-" + os.urandom(8).hex(), now=lambda: datetime.now(UTC))
    fake.add_account("ci", "deployer")
    return fake


@pytest.fixture
def server(kubernetes: FakeKubernetes) -> Iterator[str]:
    with serve(kubernetes) as url:
        yield url


@pytest.fixture
def stub(
    kubernetes: FakeKubernetes,
    engine_log: EngineLog,
    provider_process: Callable[[EngineLog, dict[str, str]], AbstractContextManager[Stub]],
) -> Iterator[Stub]:
    with provider_process(engine_log, {"COREWEAVE_API_TOKEN": kubernetes.token}) as stub:
        yield stub


def news(server: str, **changes: Any) -> dict[str, Any]:
    return {
        "__provider": serialize_provider(ServiceAccountTokenProvider()),
        "__urn": URN,
        "server": server,
        "cluster_id": "c",
        "namespace": "ci",
        "service_account": "deployer",
        "lifetime_seconds": 1200,
        "renew_before_seconds": 300,
    } | changes


def bag(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def opened(answer: struct_pb2.Struct) -> dict[str, Any]:
    """The values of a bag, whose token has to be marked as a secret."""
    values: dict[str, Any] = json_format.MessageToDict(answer)
    token = values["token"]
    assert token.items() >= MARK.items()
    return values | {"token": token["value"]}


def test_the_token_is_secret_after_create_update_and_refresh(
    stub: Stub, server: str, kubernetes: FakeKubernetes
) -> None:
    inputs = news(server)
    created = stub.Create(provider_pb2.CreateRequest(properties=bag(inputs)))
    state = opened(created.properties)

    read = stub.Read(provider_pb2.ReadRequest(id=created.id, properties=bag(state)))
    longer = news(server, lifetime_seconds=1800)
    update = provider_pb2.UpdateRequest(id=created.id, olds=bag(state), news=bag(longer))
    updated = opened(stub.Update(update).properties)

    assert opened(read.properties) == state
    assert "token" not in json_format.MessageToDict(read.inputs)
    assert updated["token"] != state["token"]
    assert {kubernetes.refusal(state["token"]), kubernetes.refusal(updated["token"])} == {""}


def test_what_was_created_differs_in_nothing_although_numbers_became_floats(
    stub: Stub, server: str
) -> None:
    inputs = json_format.MessageToDict(
        stub.Check(provider_pb2.CheckRequest(olds=bag({}), news=bag(news(server)))).inputs
    )
    created = stub.Create(provider_pb2.CreateRequest(properties=bag(inputs)))
    request = provider_pb2.DiffRequest(
        id=created.id, olds=bag(opened(created.properties)), news=bag(inputs)
    )

    assert stub.Diff(request).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_an_error_is_one_message_that_stands_alone(stub: Stub, server: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(properties=bag(news(server, namespace="cii"))))

    said = str(caught.value)
    assert 'there is no namespace "cii" (the nearest is "ci")' in said
    assert 'File "' not in said
