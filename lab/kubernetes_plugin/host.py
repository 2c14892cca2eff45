"""The way back to the engine: lines that a person reads beside a resource."""

from __future__ import annotations

import contextlib
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class Host:
    """The engine that started the plugin; silent until its address is known."""

    def __init__(self, address: str = "") -> None:
        self._stub: Any = None
        if address:
            self.attach(address)

    def attach(self, address: str) -> None:
        """Use the engine at this address."""
        # gRPC would send even loopback addresses through HTTPS_PROXY.
        channel = grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
        self._stub = engine_pb2_grpc.EngineStub(channel)

    def warn(self, urn: str, message: str) -> None:
        """Show a warning beside a resource."""
        self._log(engine_pb2.WARNING, urn, message)

    def inform(self, urn: str, message: str) -> None:
        """Show a line beside a resource."""
        self._log(engine_pb2.INFO, urn, message)

    def _log(self, severity: Any, urn: str, message: str) -> None:
        if self._stub is None:
            return
        # A line that nobody reads must not fail what it is about.
        with contextlib.suppress(grpc.RpcError):
            self._stub.Log(engine_pb2.LogRequest(severity=severity, urn=urn, message=message))
