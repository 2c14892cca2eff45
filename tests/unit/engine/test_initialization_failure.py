"""What the engine is told of an operation that failed after its write."""

from __future__ import annotations

from typing import Any

from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto.provider_pb2 import ErrorResourceInitFailed
from pulumi.runtime.proto.status_pb2 import Status

from cks_components.engine.initialization_failure import keep_in_state


class EngineCall:
    """A call of the engine, of which grpc sends the trailing metadata after the answer."""

    def __init__(self) -> None:
        self.trailing: dict[str, bytes] = {}

    def set_trailing_metadata(self, trailing_metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.trailing = dict(trailing_metadata)


def answer(context: EngineCall | None, outs: dict[str, Any]) -> None:  # noqa: ARG001 - found by its name, as in the SDK
    keep_in_state("the-id", outs, "the wait timed out")


def test_the_engine_gets_id_properties_and_reason_with_the_error() -> None:
    call = EngineCall()

    answer(call, {"issuer_url": "https://a", "adopt": True})

    status = Status.FromString(call.trailing["grpc-status-details-bin"])
    failed = ErrorResourceInitFailed()
    assert status.details[0].Unpack(failed)
    assert (status.message, failed.id, list(failed.reasons)) == (
        "the wait timed out",
        "the-id",
        ["the wait timed out"],
    )
    assert MessageToDict(failed.properties) == {"issuer_url": "https://a", "adopt": True}


def test_outside_a_call_of_the_engine_nothing_happens() -> None:
    answer(None, {"issuer_url": "https://a"})
