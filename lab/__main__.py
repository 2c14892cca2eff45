"""`python -m lab up|down|status|env`: a CKS cluster on this machine, on loopback only."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

from lab import environment, supervisor
from lab.issuer import keycloak
from lab.state import CHECKOUT, PROGRAMS, State
from lab.tools.keycloak import get_keycloak
from lab.tools.sources import MissingProgramError

_SERVE = (sys.executable, "-m", "lab", "serve")
_NEEDED = ("etcd", "kube-apiserver", "kube-controller-manager")
_UP_SECONDS = {"lab": 90.0, "keycloak": 240.0}
_STARTED = {
    "lab": "etcd, kube-apiserver, kube-controller-manager, issuer, API",
    "keycloak": "etcd, kube-apiserver, kube-controller-manager, issuer, API, Keycloak",
}


def main(arguments: list[str]) -> int:
    """Run one verb; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("verb", choices=["up", "down", "status", "env", "serve"])
    default = os.environ.get("CKS_LAB") or str(CHECKOUT / ".lab")
    parser.add_argument("--folder", type=Path, default=Path(default), help="the lab's state")
    parser.add_argument(
        "--issuer",
        choices=list(_STARTED),
        default="lab",
        help="keycloak: a real Keycloak beside the lab's own issuer",
    )
    given = parser.parse_args(arguments)
    state = State(given.folder)
    if given.verb == "up":
        return up(state, given.issuer)
    if given.verb == "serve":
        supervisor.run(state.folder, with_keycloak=given.issuer == "keycloak")
        return 0
    if given.verb == "down":
        state.clean()
        print("the lab is down")
        return 0
    return _env(state) if given.verb == "env" else _status(state)


def up(state: State, issuer: str = "lab") -> int:
    """Start the lab, after cleaning up one that crashed; returns when it is ready."""
    ports = state.ports()
    if ports is not None:
        if issuer == "keycloak" and keycloak.HOST not in ports:
            print('the lab is up without Keycloak; run "python -m lab down" first', file=sys.stderr)
            return 1
        print('the lab is up already; "python -m lab env" prints what to export')
        return 0
    obstacle = _obstacle(issuer)
    if obstacle:
        print(obstacle, file=sys.stderr)
        return 1
    began = time.monotonic()
    state.clean()
    state.folder.mkdir(parents=True, exist_ok=True)
    with state.log.open("wb") as log:
        child = subprocess.Popen(
            [*_SERVE, "--folder", str(state.folder), "--issuer", issuer],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    print(f"starting {_STARTED[issuer]} …", flush=True)
    while state.ports() is None:
        if child.poll() is not None or time.monotonic() - began > _UP_SECONDS[issuer]:
            print("the lab did not start:", file=sys.stderr)
            print("\n".join(state.log.read_text().splitlines()[-15:]), file=sys.stderr)
            state.clean()
            return 1
        time.sleep(0.05)
    print(f'the lab is up after {time.monotonic() - began:.1f} s: eval "$(python -m lab env)"')
    return 0


def _obstacle(issuer: str) -> str:
    """What stands in the way of a start, and what to do; empty if nothing does."""
    missing = [name for name in _NEEDED if not (PROGRAMS / name).exists()]
    if missing:
        return f'missing: {", ".join(missing)}; run "python -m lab.tools"'
    if issuer == "keycloak":
        try:
            get_keycloak(keycloak.PLACE)
        except MissingProgramError as error:
            return str(error)
    return ""


def _env(state: State) -> int:
    try:
        found = environment.variables(state)
    except environment.NotUpError as error:
        print(error, file=sys.stderr)
        return 1
    for name, value in found.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _status(state: State) -> int:
    ports = state.ports()
    if ports is None:
        print("the lab is not up")
        return 1
    for host, port in ports.items():
        print(f"{host:<58}127.0.0.1:{port}")
    for process in state.processes():
        print(f"{process.name():<58}process {process.pid}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
