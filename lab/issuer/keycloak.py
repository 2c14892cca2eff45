"""Keycloak on loopback, with the realm of the lab: a real provider beside the lab's own issuer."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from lab.authority import Authority
from lab.control_plane import free_port
from lab.issuer import realm
from lab.state import CHECKOUT
from lab.tools import keycloak
from lab.tools.program import Platform
from lab.tools.workspace import Place

HOST = "keycloak.cks-lab.example"
_PATH = f"/realms/{realm.NAME}"
URL = f"https://{HOST}{_PATH}"
ADMINISTRATOR = "admin"  # of all realms; the password is the same
PLACE = Place(CHECKOUT, os.environ, Platform.here())
_LOOPBACK = "127.0.0.1"
_START_SECONDS = 150.0
_GRACE_SECONDS = 5.0


class KeycloakError(Exception):
    """Keycloak did not start; the text holds the end of its log."""


class Server:
    """A running Keycloak, which takes its time until it answers."""

    def __init__(
        self, child: subprocess.Popen[bytes], port: int, *, log: Path, authority: Path
    ) -> None:
        self._child = child
        self._log = log
        self._authority = authority
        self.port = port

    @property
    def pid(self) -> int:
        """Its one process."""
        return self._child.pid

    def wait_until_ready(self) -> None:
        """Return when people can log in.

        Raises:
            KeycloakError: it ended, or is not ready in time.
        """
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(
                context=ssl.create_default_context(cafile=str(self._authority))
            ),
        )
        url = f"https://{_LOOPBACK}:{self.port}{_PATH}"
        end = time.monotonic() + _START_SECONDS
        while self._child.poll() is None and time.monotonic() < end:
            try:
                with opener.open(url, timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        lines = self._log.read_text(errors="replace").splitlines()[-8:]
        raise KeycloakError("\n".join(["Keycloak did not start:", *lines]))


@contextlib.contextmanager
def running(folder: Path, authority: Authority, place: Place = PLACE) -> Iterator[Server]:
    """Run a server with a fresh realm, whose data and log are in the folder; end it afterwards.

    Raises:
        MissingProgramError: Keycloak, or a Java for it, cannot be had.
    """
    installed, java = keycloak.get_keycloak(place), keycloak.keycloak_java(place)
    port = free_port()
    options = _prepare(folder, installed, authority, port)
    log = folder / "keycloak.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            keycloak.command(java, installed, folder, *options),
            cwd=folder,
            env=keycloak.without_options(place.environ)
            | {
                "KC_BOOTSTRAP_ADMIN_USERNAME": ADMINISTRATOR,
                "KC_BOOTSTRAP_ADMIN_PASSWORD": ADMINISTRATOR,
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Server(child, port, log=log, authority=authority.certificate)
    finally:
        child.terminate()
        try:
            child.wait(timeout=_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _prepare(folder: Path, installed: Path, authority: Authority, port: int) -> list[str]:
    """Lay out the folder of a server; returns the options to start it with."""
    shutil.rmtree(folder, ignore_errors=True)
    imported = folder / "data" / "import"
    imported.mkdir(parents=True)
    (imported / f"{realm.NAME}.json").write_text(json.dumps(realm.realm()))
    (folder / "lib").symlink_to(installed / "lib")
    certificate, key = authority.issue("keycloak", hosts=[HOST, _LOOPBACK])
    return [
        "start",
        "--optimized",
        "--import-realm",
        "--cache=local",  # otherwise it looks for others of its kind in the network
        f"--hostname=https://{HOST}",
        f"--http-host={_LOOPBACK}",
        f"--https-port={port}",
        f"--https-certificate-file={certificate}",
        f"--https-certificate-key-file={key}",
    ]
