"""The SDK's own server works on a whole fleet at a time, although it begins with four threads."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

from google.protobuf import struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2

from cks_components.cluster_oidc import ClusterOidcProvider
from lab.api import fleet
from lab.api.emulator import Answer, Emulator, Request
from lab.api.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.conftest import EngineLog

COUNT = 20
_PATIENCE_SECONDS = 60.0
"""Only a failing test takes so long."""


class AllTogether:
    """Answers a PATCH once every cluster has sent its own."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self.all = Barrier(COUNT)

    def answer(self, request: Request) -> Answer:
        answer = self._emulator.answer(request)
        if request.method == "PATCH":
            self.all.wait(_PATIENCE_SECONDS)
        return answer


def test_the_first_calls_of_a_process_are_worked_on_all_at_once(
    provider_process: Callable[..., AbstractContextManager[Any]],
    engine_log: EngineLog,
    tmp_path: Path,
) -> None:
    """Fails if an SDK runs the calls in another way: look at `engine.provider_threads` then."""
    ids = [f"00000000-0000-4000-8000-{n:012d}" for n in range(COUNT)]
    token = "CW-SECRET-" + os.urandom(8).hex()
    emulator = Emulator(
        [fleet.cluster(id_, f"c{n}") for n, id_ in enumerate(ids)], token=token, update_seconds=0.1
    )
    api = AllTogether(emulator)
    with serve(api) as url:
        environment = {
            "COREWEAVE_API_TOKEN": token,
            "COREWEAVE_API_ENDPOINT": url,
            "PULUMI_HOME": str(tmp_path),
        }
        with provider_process(engine_log, environment) as stub:
            calls = [stub.Create.future(_create(id_), timeout=120) for id_ in ids]

            assert [call.result().id for call in calls] == ids
            assert not api.all.broken, "they were not all sent before one was answered"


def _create(cluster_id: str) -> provider_pb2.CreateRequest:
    inputs = struct_pb2.Struct()
    inputs.update(
        {
            "__provider": serialize_provider(ClusterOidcProvider()),
            "cluster_id": cluster_id,
            "issuer_url": "https://idp.example.com",
            "client_id": "cks",
        }
    )
    return provider_pb2.CreateRequest(properties=inputs)
