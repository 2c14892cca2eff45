"""The one process that runs a lab: emulator, issuer, endpoints, router, and the control plane."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web

from lab import flags
from lab.api import fleet
from lab.api.control import LabClock
from lab.api.emulator import Emulator
from lab.api.server import serve
from lab.authority import Authority
from lab.control import LabSurface
from lab.control_plane import ControlPlane, free_port
from lab.endpoints import PRIVATE_HOST, Endpoint, Kind
from lab.environment import NO_PROXY
from lab.issuer import keycloak, provider
from lab.router import Router
from lab.state import PROGRAMS, State
from lab.webhook import hook as webhook

API_HOST = "api.coreweave.com"
_FOLLOW_SECONDS = 0.2
_UPDATE_SECONDS = 2.0
_log = logging.getLogger("lab")


def run(folder: Path, *, with_keycloak: bool = False) -> None:
    """Run the lab until SIGTERM or SIGINT; leaves no process behind."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    asyncio.run(_run(State(folder), with_keycloak=with_keycloak))


async def _run(state: State, *, with_keycloak: bool) -> None:
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    shutil.rmtree(state.folder / "cluster", ignore_errors=True)
    authority = Authority(state.authority)
    clock = LabClock()
    emulator = Emulator(
        fleet.clusters(), token=state.token(), clock=clock, update_seconds=_UPDATE_SECONDS
    )
    ports: dict[str, int] = {}
    router = await Router(ports).start()
    proxy_port = router.sockets[0].getsockname()[1]
    plane = _plane(state, authority, proxy_port)
    issuer, hook = provider.Issuer(), webhook.Hook()
    surface = LabSurface(emulator, clock, hook=hook, issuer=issuer, followed=lambda: plane.followed)
    state.record([os.getpid()])
    async with contextlib.AsyncExitStack() as stack:
        server = _start_keycloak(stack, state, authority) if with_keycloak else None
        stack.callback(plane.stop)
        for host, answering in ((API_HOST, emulator), (webhook.HOST, hook)):
            context = authority.server_context(host, [host])
            ports[host] = _port(stack.enter_context(serve(answering, ssl_context=context)))
        control = stack.enter_context(serve(surface))
        applications = {provider.HOST: issuer.application(), **_endpoints(authority, plane, state)}
        for host, application in applications.items():
            context = authority.server_context(host, [host])
            ports[host] = await stack.enter_async_context(_site(application, context))
        for kind in ("", "api."):
            ports[f"{kind}{PRIVATE_HOST}"] = ports[f"{kind}{fleet.endpoint('local-east')}"]
        await asyncio.to_thread(plane.start, _blocks(emulator))
        if server:
            await asyncio.to_thread(server.wait_until_ready)
            ports[keycloak.HOST] = server.port
        own = {"router": proxy_port, "control": _port(control)}
        state.announce(ports | own)
        following = asyncio.create_task(_follow(emulator, plane))
        await end.wait()
        following.cancel()
        router.close()


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _plane(state: State, authority: Authority, proxy_port: int) -> ControlPlane:
    return ControlPlane(
        state.folder / "cluster",
        programs=PROGRAMS,
        authority=authority,
        cluster_id=fleet.CONTROL_PLANE,
        environment={
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy_port}",
            "NO_PROXY": NO_PROXY,
            "SSL_CERT_FILE": str(authority.certificate),
        },
        started=lambda pids: state.record([os.getpid(), *pids]),
    )


def _start_keycloak(
    stack: contextlib.AsyncExitStack, state: State, authority: Authority
) -> keycloak.Server:
    """Start it first: it takes the longest until it is ready."""
    server = stack.enter_context(keycloak.running(state.folder / "keycloak", authority))
    state.record([server.pid])
    return server


def _endpoints(
    authority: Authority, plane: ControlPlane, state: State
) -> dict[str, web.Application]:
    host = fleet.endpoint("local-east")
    return {
        name: Endpoint(
            kind,
            upstream=f"https://127.0.0.1:{plane.port}",
            token=state.token(),
            authority=authority.certificate,
            client=plane.client,
            is_ready=lambda: plane.followed is not None,
        ).application()
        for kind, name in ((Kind.MANAGED, host), (Kind.UNMANAGED, f"api.{host}"))
    }


@contextlib.asynccontextmanager
async def _site(application: web.Application, context: ssl.SSLContext) -> AsyncIterator[int]:
    runner = web.AppRunner(application, shutdown_timeout=1, handler_cancellation=True)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    try:
        yield port
    finally:
        await runner.cleanup()


async def _follow(emulator: Emulator, plane: ControlPlane) -> None:
    """Give kube-apiserver the flags of the blocks that land."""
    current = _blocks(emulator)
    while True:
        await asyncio.sleep(_FOLLOW_SECONDS)
        landed = _blocks(emulator)
        if landed == current:
            continue
        current = landed
        _log.info(
            "a block changed: kube-apiserver starts anew with %s", ", ".join(landed) or "none"
        )
        await asyncio.to_thread(plane.follow, landed)
        if plane.followed and plane.followed.problem:
            _log.warning("%s\nit goes on without any of the blocks", plane.followed.problem)


def _blocks(emulator: Emulator) -> dict[str, Any]:
    return flags.blocks_of(emulator.cluster(fleet.CONTROL_PLANE))
