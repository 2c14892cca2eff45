"""A CONNECT proxy that maps the lab's host names to loopback ports, and refuses every other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REFUSED = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nx-lab: not a host of the lab\r\n\r\n"


class Router:
    """Serves `HTTPS_PROXY` for the hosts in `ports`; nothing ever leaves this machine."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports

    async def start(self, port: int = 0) -> asyncio.Server:
        """Listen on loopback; port 0 is a free one."""
        return await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled only when the lab goes down; asyncio would log each connection's traceback.
        ended = (asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError)
        with contextlib.suppress(OSError, *ended):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, _, rest = head.partition(" ")
            host, _, port = rest.partition(" ")[0].rpartition(":")
            target = self._ports.get(host) if (method, port) == ("CONNECT", "443") else None
            if target is None:
                writer.write(_REFUSED)
                await writer.drain()
            else:
                await self._join(reader, writer, target)
        writer.close()

    @staticmethod
    async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_ESTABLISHED)
        await asyncio.gather(_pump(reader, onward_writer), _pump(onward_reader, writer))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(65536):
            sink.write(chunk)
            await sink.drain()
    with contextlib.suppress(OSError):
        sink.write_eof() if sink.can_write_eof() else sink.close()
