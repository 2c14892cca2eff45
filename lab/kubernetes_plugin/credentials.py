"""Credentials that a program gets at the moment of use, as `kubectl` asks for them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lab.kubernetes_plugin.errors import CredentialError
from lab.kubernetes_plugin.kubeconfig import Access, Exec

_API_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Credential:
    """What goes with a request; never shown in a text."""

    token: str | None = field(repr=False)
    certificate: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    expires: datetime | None = None


class ExecCredential:
    """One user's program; its answer is kept until it expires or is refused.

    Args:
        access: names the program and the cluster it is for.
        now: the time that decides over expiry.
    """

    def __init__(self, access: Access, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._access = access
        self._now = now
        self._kept: Credential | None = None
        self._lock = threading.Lock()

    def get(self) -> Credential:
        """A credential that has not expired.

        Raises:
            CredentialError: the program failed; what it wrote is not repeated.
        """
        with self._lock:
            kept = self._kept
            if kept is None or (kept.expires is not None and kept.expires <= self._now()):
                self._kept = kept = _run(self._access)
            return kept

    def forget(self) -> None:
        """The credential was refused: ask the program again at the next need."""
        with self._lock:
            self._kept = None


def _run(access: Access) -> Credential:
    program = access.exec
    if program is None or program.api_version not in _API_VERSIONS:
        version = program.api_version if program else ""
        message = f"getting credentials: exec plugin: invalid apiVersion {version!r}"
        raise CredentialError(message)
    environment = {
        **os.environ,
        **program.env,
        "KUBERNETES_EXEC_INFO": _information(access, program),
    }
    try:
        answer = subprocess.run(
            [program.command, *program.args],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        message = f"getting credentials: exec: executable {program.command} not found"
        raise CredentialError(message) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"getting credentials: exec: executable {program.command}: {type(error).__name__}"
        raise CredentialError(message) from None
    if answer.returncode != 0:
        message = (
            f"getting credentials: exec: executable {program.command} "
            f"failed with exit code {answer.returncode}"
        )
        raise CredentialError(message)
    return _parsed(answer.stdout, program)


def _information(access: Access, program: Exec) -> str:
    spec: dict[str, Any] = {"interactive": False}
    if program.provide_cluster_info:
        ca = access.ca.encode() if access.ca else b""
        data = {"certificate-authority-data": base64.b64encode(ca).decode()} if ca else {}
        spec["cluster"] = {"server": access.server, **data}
    return json.dumps({"apiVersion": program.api_version, "kind": "ExecCredential", "spec": spec})


def _parsed(output: bytes, program: Exec) -> Credential:
    try:
        found = json.loads(output)
        status = found["status"] or {}
        fits = found["kind"] == "ExecCredential" and found["apiVersion"] == program.api_version
        expires = status.get("expirationTimestamp")
        credential = Credential(
            token=status.get("token"),
            certificate=status.get("clientCertificateData"),
            key=status.get("clientKeyData"),
            expires=datetime.fromisoformat(expires) if expires else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        # Chaining would put the output, which may be a token, into a traceback.
        fits, credential = False, Credential(None)
    if not fits or not (credential.token or credential.certificate):
        message = (
            f"getting credentials: exec: executable {program.command} did not print an "
            f"ExecCredential of {program.api_version} with a token or a client certificate"
        )
        raise CredentialError(message)
    return credential
