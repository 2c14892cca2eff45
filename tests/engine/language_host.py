"""What `pulumi package add` asks of the language host of Node.js.

The newest host that Go can build is too old for that command, which then ends with "method
GeneratePackage not implemented". The engine attaches to this one instead, and runs programs by the
real one.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2


class _Host(language_pb2_grpc.LanguageRuntimeServicer):
    """A language host as gRPC sees it; calls that are not named are answered as unimplemented."""

    def __init__(self, generator: Path) -> None:
        answers: dict[str, Callable[[Any], Any]] = {
            "Handshake": lambda _: language_pb2.LanguageHandshakeResponse(),
            "GetPluginInfo": lambda _: plugin_pb2.PluginInfo(),
            "GeneratePackage": lambda request: _generate(generator, request),
            "InstallDependencies": lambda _: iter(()),  # tests share them
            "Link": _link,
        }
        for call, answer in answers.items():
            setattr(self, call, lambda request, _, answer=answer: answer(request))


def _generate(generator: Path, request: language_pb2.GeneratePackageRequest) -> Any:
    """Write the SDK into the folder that the engine names, with Pulumi's own generator."""
    sdk = Path(request.directory)
    schema = sdk.with_name("schema.json")
    schema.write_text(request.schema)
    subprocess.run([generator, schema, sdk], check=True)
    return language_pb2.GeneratePackageResponse()


def _link(request: language_pb2.LinkRequest) -> Any:
    """Make the SDK a dependency of the program."""
    file = Path(request.info.program_directory) / "package.json"
    package = json.loads(file.read_text())
    for linked in request.packages:
        package["dependencies"][f"@pulumi/{linked.package.name}"] = f"file:{linked.path}"
    file.write_text(json.dumps(package))
    return language_pb2.LinkResponse()


@contextmanager
def attached_host(generator: Path) -> Iterator[dict[str, str]]:
    """Serve the host on loopback; gives the variable by which the engine attaches to it."""
    with ThreadPoolExecutor() as threads:
        server = grpc.server(threads)
        language_pb2_grpc.add_LanguageRuntimeServicer_to_server(_Host(generator), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield {"PULUMI_DEBUG_LANGUAGES": f"nodejs:{port}"}
        finally:
            server.stop(None).wait()
