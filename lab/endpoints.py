"""The managed and the unmanaged endpoint of a cluster: one control plane, two kinds of credential.

The managed one takes the CoreWeave token and nothing else; the unmanaged one takes everything but
that token and leaves the judgement to kube-apiserver (the vendor's guide).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from enum import Enum
from pathlib import Path

from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientSession,
    ClientTimeout,
    TCPConnector,
    web,
)
from yarl import URL

PRIVATE_HOST = "private.cks-lab.example"
"""Another name of the managed endpoint, as in a private network; with `api.` of the unmanaged one.
No certificate is for it."""
_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "host"}
_READS = ("GET", "HEAD")
_PATIENCE_SECONDS = 20.0


class Kind(Enum):
    """Which credentials an endpoint takes."""

    MANAGED = "managed"
    UNMANAGED = "unmanaged"


class Endpoint:
    """A streaming proxy before kube-apiserver.

    A request that comes while kube-apiserver restarts waits for it instead of failing.

    Args:
        kind: managed or unmanaged.
        upstream: kube-apiserver's URL.
        token: the CoreWeave token.
        authority: the file that kube-apiserver's certificate is checked against.
        client: certificate and key of the administrator that the managed endpoint acts as.
        is_ready: whether kube-apiserver can judge: for a moment after its start it answers
            everybody but administrators with 403, because it has not read the roles yet.
    """

    def __init__(
        self,
        kind: Kind,
        *,
        upstream: str,
        token: str,
        authority: Path,
        client: tuple[Path, Path],
        is_ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._kind = kind
        self._is_ready = is_ready
        self._upstream = upstream
        self._token = token
        self._tls = ssl.create_default_context(cafile=str(authority))
        if kind is Kind.MANAGED:
            self._tls.load_cert_chain(*client)

    def application(self) -> web.Application:
        """The endpoint as an application of its own."""
        app = web.Application(client_max_size=64 * 1024**2)
        app.router.add_route("*", "/{path:.*}", self._forward)
        app.cleanup_ctx.append(self._session)
        return app

    async def _session(self, app: web.Application) -> AsyncIterator[None]:
        timeout = ClientTimeout(total=None, connect=5)
        async with ClientSession(
            # No connection is kept: one of before a restart would fail the next write.
            connector=TCPConnector(ssl=self._tls, limit=0, force_close=True),
            timeout=timeout,
            auto_decompress=False,
        ) as session:
            app["session"] = session
            yield

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        is_coreweave = scheme.lower() == "bearer" and credential == self._token
        if is_coreweave != self._is_managed:
            return _unauthorized()
        drop = _HOP | ({"authorization"} if self._is_managed else set())
        headers = {k: v for k, v in request.headers.items() if k.lower() not in drop}
        return await self._stream(request, headers, await request.read())

    @property
    def _is_managed(self) -> bool:
        return self._kind is Kind.MANAGED

    async def _stream(
        self, request: web.Request, headers: dict[str, str], body: bytes
    ) -> web.StreamResponse:
        session: ClientSession = request.app["session"]
        url = URL(f"{self._upstream}{request.raw_path}", encoded=True)
        end = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            try:
                if self._is_ready():
                    answer = await session.request(
                        request.method,
                        url,
                        headers=headers,
                        data=body or None,
                        allow_redirects=False,
                        skip_auto_headers=("Content-Type", "User-Agent", "Accept-Encoding"),
                    )
                    break
            except ClientConnectionError as error:
                # A write that was cut off may have been done; only its sender can decide.
                if not isinstance(error, ClientConnectorError) and request.method not in _READS:
                    return _unavailable()
            if asyncio.get_running_loop().time() > end:
                return _unavailable()
            await asyncio.sleep(0.1)
        async with answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP}
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response


def _unauthorized() -> web.Response:
    return web.json_response(_status(401, "Unauthorized"), status=401)


def _unavailable() -> web.Response:
    return web.json_response(_status(503, "the API server is down"), status=503)


def _status(code: int, message: str) -> dict[str, object]:
    reason = "Unauthorized" if code == 401 else "ServiceUnavailable"
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
