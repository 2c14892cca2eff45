"""Serve one provider to the engine that starts this program: `… [flags] [engine's address]`."""

from __future__ import annotations

import sys
import threading
from concurrent import futures

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from lab.kubernetes_plugin.host import Host
from lab.kubernetes_plugin.provider import Provider
from lab.kubernetes_plugin.servicer import Servicer

_WORKERS = 32
_MESSAGE_BYTES = 400 * 1024 * 1024  # the engine's own limit


def main(arguments: list[str]) -> None:
    """Serve on a free loopback port, print it, and go on until the engine ends this process."""
    addresses = [argument for argument in arguments if not argument.startswith("-")]
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=_WORKERS),
        options=[("grpc.max_receive_message_length", _MESSAGE_BYTES)],
    )
    provider = Provider(Host(addresses[-1] if addresses else ""))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
