"""Keeps a resource in the state although its operation failed.

Pulumi's protocol calls this an initialisation failure: the answer to Create or Update is an error
that carries the resource's id and properties. The engine records them, `destroy` removes the
resource, and the next `up` calls update even if diff shows no change. The SDK
for dynamic providers has no way to report it, so the details are put on the call that is being
answered.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any, Protocol, cast

from google.protobuf.any_pb2 import Any as Packed
from grpc import StatusCode
from pulumi.runtime import rpc
from pulumi.runtime.proto.provider_pb2 import ErrorResourceInitFailed
from pulumi.runtime.proto.status_pb2 import Status

_DETAILS = "grpc-status-details-bin"


class Call(Protocol):
    """The call of the engine that is being answered, as grpc has it."""

    def set_trailing_metadata(self, trailing_metadata: tuple[tuple[str, bytes], ...]) -> None:
        """Add what is sent after the answer."""


def keep_in_state(id_: str, outs: Mapping[str, Any], reason: str) -> None:
    """Let the engine keep the resource, although the operation now fails for `reason`.

    Outside a provider process nothing happens.
    """
    call = _call()
    if call is None:
        return
    loop = asyncio.new_event_loop()
    properties = loop.run_until_complete(rpc.serialize_properties(dict(outs), {}))
    loop.close()
    detail = Packed()
    detail.Pack(ErrorResourceInitFailed(id=id_, properties=properties, reasons=[reason]))
    status = Status(code=StatusCode.UNKNOWN.value[0], message=reason, details=[detail])
    call.set_trailing_metadata(((_DETAILS, status.SerializeToString()),))


def _call() -> Call | None:
    """Find the call in the frames below: the SDK hands it to its methods as `context`."""
    frame = inspect.currentframe()
    while frame is not None:
        context: Any = frame.f_locals.get("context")
        if hasattr(context, "set_trailing_metadata"):
            return cast("Call", context)
        frame = frame.f_back
    return None
