"""The plugin protocol: which call is answered by which method, and how an error travels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from lab.kubernetes_plugin.errors import PluginError
from lab.kubernetes_plugin.provider import Provider

_METHODS = {
    "CheckConfig": "check_config",
    "DiffConfig": "diff_config",
    "Configure": "configure",
    "Check": "check",
    "Diff": "diff",
    "Create": "create",
    "Read": "read",
    "Update": "update",
    "Delete": "delete",
    "Invoke": "invoke",
    "GetPluginInfo": "get_plugin_info",
    "GetSchema": "get_schema",
    "GetMapping": "get_mapping",
    "GetMappings": "get_mappings",
    "Attach": "attach",
    "Cancel": "cancel",
}


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """A provider as gRPC sees it; calls without a method are answered as unimplemented."""

    def __init__(self, provider: Provider) -> None:
        for call, method in _METHODS.items():
            setattr(self, call, _answering(getattr(provider, method)))


def _answering(method: Callable[[Any], Any]) -> Callable[[Any, grpc.ServicerContext], Any]:
    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(request)
        except PluginError as error:
            # The text alone: without this the engine would show the name of a Python class.
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return answer
