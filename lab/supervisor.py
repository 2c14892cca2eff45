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

from lab.api import fleet
from lab.api.control import ControlSurface, LabClock
from lab.api.emulator import Emulator
from lab.api.server import serve
from lab.authority import Authority
from lab.control_plane import ControlPlane, ControlPlaneError, free_port
from lab.endpoints import Endpoint, Kind
from lab.environment import NO_PROXY
from lab.issuer import keycloak, provider
from lab.router import Router
from lab.state import PROGRAMS, State

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
    plane = ControlPlane(
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
    state.record([os.getpid()])
    async with contextlib.AsyncExitStack() as stack:
        server = _start_keycloak(stack, state, authority) if with_keycloak else None
        stack.callback(plane.stop)
        context = authority.server_context("api", [API_HOST])
        url = stack.enter_context(serve(emulator, ssl_context=context))
        ports[API_HOST] = int(url.rpartition(":")[2])
        control = stack.enter_context(serve(ControlSurface(emulator, clock)))
        await _serve_hosts(stack, ports, authority, plane, state.token())
        await asyncio.to_thread(plane.start, _oidc(emulator))
        if server:
            await asyncio.to_thread(server.wait_until_ready)
            ports[keycloak.HOST] = server.port
        own = {"router": proxy_port, "control": int(control.rpartition(":")[2])}
        state.announce(ports | own)
        following = asyncio.create_task(_follow(emulator, plane))
        await end.wait()
        following.cancel()
        router.close()


def _start_keycloak(
    stack: contextlib.AsyncExitStack, state: State, authority: Authority
) -> keycloak.Server:
    """Start it first: it takes the longest until it is ready."""
    server = stack.enter_context(keycloak.running(state.folder / "keycloak", authority))
    state.record([server.pid])
    return server


async def _serve_hosts(
    stack: contextlib.AsyncExitStack,
    ports: dict[str, int],
    authority: Authority,
    plane: ControlPlane,
    token: str,
) -> None:
    host = fleet.endpoint("local-east")
    applications = {provider.HOST: provider.Issuer().application()}
    for kind, name in ((Kind.MANAGED, host), (Kind.UNMANAGED, f"api.{host}")):
        applications[name] = Endpoint(
            kind,
            upstream=f"https://127.0.0.1:{plane.port}",
            token=token,
            authority=authority.certificate,
            client=plane.client,
            is_ready=lambda: plane.is_ready,
        ).application()
    for name, application in applications.items():
        context = authority.server_context(name, [name])
        ports[name] = await stack.enter_async_context(_site(application, context))


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
    """Give kube-apiserver the flags of each landed `oidc` block."""
    current = _oidc(emulator)
    while True:
        await asyncio.sleep(_FOLLOW_SECONDS)
        landed = _oidc(emulator)
        if landed == current:
            continue
        current = landed
        _log.info("the oidc block changed: kube-apiserver starts anew")
        try:
            await asyncio.to_thread(plane.restart, landed)
        except ControlPlaneError as error:
            _log.warning("%s\nit goes on without OIDC", error)
            await asyncio.to_thread(plane.restart, {})


def _oidc(emulator: Emulator) -> dict[str, Any]:
    return dict(emulator.cluster(fleet.CONTROL_PLANE).get("oidc") or {})
