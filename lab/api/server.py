"""A pure answering object on a loopback port: the emulator, or its control surface."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Protocol

from lab.api.emulator import Answer, Request


class Answering(Protocol):
    """Something that answers one request at a time, from any thread."""

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        ...


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """Say nothing: a client that hangs up or mistrusts us is what tests are about."""


@contextmanager
def serve(
    answering: Answering,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ssl_context: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """Serve until the block ends; gives the URL. Port 0 is a free one."""
    stopping = Event()
    server = _Server((host, port), _handler(answering, stopping))
    if ssl_context is not None:
        # The handshake waits for the connection's own thread: one silent client stops no other.
        server.socket = ssl_context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if ssl_context else 'http'}://{host}:{server.server_address[1]}"
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(answering: Answering, stopping: Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _respond(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            request = Request(self.command, self.path, dict(self.headers), self.rfile.read(length))
            answer = answering.answer(request)
            stopped = stopping.wait(answer.delay) if answer.delay else False
            if stopped or answer.cut:
                self.close_connection = True
            else:
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            if not answer.trickle:
                self.wfile.write(answer.body)
                return
            for byte in answer.body:
                if stopping.wait(answer.trickle):
                    self.close_connection = True
                    return
                self.wfile.write(bytes([byte]))

        do_GET = do_PATCH = do_POST = do_DELETE = do_PUT = _respond  # noqa: N815 - the library's names

        def log_message(self, *_args: Any) -> None:
            """Say nothing: the emulator keeps its own log."""

    return Handler
