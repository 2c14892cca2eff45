"""A real control plane on loopback: etcd, kube-apiserver and kube-controller-manager.

kube-apiserver follows the blocks of a cluster that say who comes in and who may do what, with the
flags' semantics; a change is a restart of a few seconds, which is how flags take effect.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lab.authority import Authority
from lab.flags import access_flags

SERVICE_ACCOUNT_ISSUER = "https://oidc.cks.coreweave.com/id/"
ADMINISTRATOR = "coreweave-lab-admin"
_START_SECONDS = 60.0
_PORTS = range(20000, 30000)
_given: set[int] = set()
# Time for requests under way. Open watches would keep a kube-apiserver much longer for nothing.
_GRACE_SECONDS = {"kube-apiserver": 1.0}
_OTHER_GRACE_SECONDS = 5.0


class ControlPlaneError(Exception):
    """A program of the control plane did not start; the text holds the end of its log."""


def free_port() -> int:
    """A loopback port that nobody listens on, never the same one twice.

    It lies below the range from which systems take the ports of outgoing connections (32768 and
    up on Linux, 49152 and up elsewhere), so that no connection takes it before its server does.
    """
    while True:
        port = random.choice(_PORTS)  # noqa: S311 - spreads labs, guards nothing
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


@dataclass(frozen=True)
class Followed:
    """What kube-apiserver runs with.

    Attributes:
        blocks: those of the cluster that it was started for.
        problem: why it did not start with them and goes on without any; empty if it did.
    """

    blocks: Mapping[str, Any]
    problem: str = ""


class ControlPlane:
    """The three programs of one cluster, in one folder.

    Args:
        folder: for data, certificates and logs.
        programs: the folder of the executables.
        authority: signs the certificates.
        cluster_id: makes the service-account issuer.
        environment: of kube-apiserver, which reaches the issuer and the webhooks with it (proxy,
            trusted roots).
        started: is told the process ids whenever there is a new one, so that even a crash
            in the middle of a start leaves nobody unknown.
        flags: what makes kube-apiserver's flags of the blocks, and files in a folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        programs: Path,
        authority: Authority,
        cluster_id: str,
        environment: Mapping[str, str],
        started: Callable[[Sequence[int]], None] = lambda _pids: None,
        flags: Callable[[Mapping[str, Any], Path], list[str]] = access_flags,
    ) -> None:
        self._folder = folder
        self._programs = programs
        self._authority = authority
        self._issuer = f"{SERVICE_ACCOUNT_ISSUER}{cluster_id}"
        self._environment = {**os.environ, **environment}
        self._etcd_port, self.port = free_port(), free_port()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._started = started
        self._flags = flags
        self._lock = threading.Lock()
        self._stopping = False
        self.followed: Followed | None = None  # None while kube-apiserver is not ready
        folder.mkdir(parents=True, exist_ok=True)
        self._server = authority.issue("kube-apiserver", hosts=["127.0.0.1", "localhost"])
        self.client = authority.issue(ADMINISTRATOR, organisation="system:masters")
        self._service_account_key = self._make_key()
        self._kubeconfig = self._write_kubeconfig()

    def start(self, blocks: Mapping[str, Any], *, with_controllers: bool = True) -> None:
        """Start all three; returns when kube-apiserver is ready.

        Args:
            blocks: those of the cluster that become flags.
            with_controllers: whether kube-controller-manager is started; authentication needs none.

        Raises:
            ControlPlaneError: with the end of the log that matters.
        """
        peer = free_port()
        self._spawn(
            "etcd",
            f"--data-dir={self._folder / 'etcd'}",
            f"--listen-client-urls=http://127.0.0.1:{self._etcd_port}",
            f"--advertise-client-urls=http://127.0.0.1:{self._etcd_port}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-cluster=default=http://127.0.0.1:{peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )
        self._restart(blocks)
        self.followed = Followed(blocks)
        if not with_controllers:
            return
        self._spawn(
            "kube-controller-manager",
            f"--kubeconfig={self._kubeconfig}",
            f"--service-account-private-key-file={self._service_account_key}",
            f"--root-ca-file={self._authority.certificate}",
            "--use-service-account-credentials=false",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={free_port()}",
            f"--cert-dir={self._folder / 'controller-manager'}",
            "--controllers=clusterrole-aggregation-controller,namespace-controller,"
            "serviceaccount-controller,garbage-collector-controller,root-ca-certificate-publisher-controller",
        )

    def follow(self, blocks: Mapping[str, Any]) -> None:
        """Start kube-apiserver anew with these blocks, or without any if it does not start with them.

        Returns when it is ready; `followed` says which of the two it was.

        Raises:
            ControlPlaneError: it does not start without them either.
        """
        problem = ""
        try:
            self._restart(blocks)
        except ControlPlaneError as error:
            problem = str(error)
            self._restart({})
        self.followed = Followed(blocks, problem)

    def pids(self) -> list[int]:
        """The process ids of the three."""
        return [child.pid for child in self._children.values()]

    def stop(self) -> None:
        """End the three programs, the API server before its store; none can start afterwards."""
        with self._lock:
            self._stopping = True
            self.followed = None
        for name in reversed(list(self._children)):
            self._end(name)

    def _restart(self, blocks: Mapping[str, Any]) -> None:
        self.followed = None
        self._end("kube-apiserver")
        certificate, key = self._server
        self._spawn(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self.port}",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
            f"--client-ca-file={self._authority.certificate}",
            f"--service-account-issuer={self._issuer}",
            f"--service-account-key-file={self._service_account_key}",
            f"--service-account-signing-key-file={self._service_account_key}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none",
            "--shutdown-send-retry-after=false",
            *self._flags(blocks, self._folder),
        )
        self._wait_until_ready()

    def _spawn(self, name: str, *arguments: str) -> None:
        with self._lock, (self._folder / f"{name}.log").open("ab") as log:
            if self._stopping:
                message = f"{name} is not started, because the lab is going down"
                raise ControlPlaneError(message)
            self._children[name] = subprocess.Popen(
                [str(self._programs / name), *arguments],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            self._started(self.pids())

    def _end(self, name: str) -> None:
        child = self._children.pop(name, None)
        if child is None:
            return
        child.terminate()
        try:
            child.wait(timeout=_GRACE_SECONDS.get(name, _OTHER_GRACE_SECONDS))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _wait_until_ready(self) -> None:
        context = ssl.create_default_context(cafile=str(self._authority.certificate))
        context.load_cert_chain(*self.client)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            if self._stopping:
                message = "the lab is going down"
                raise ControlPlaneError(message)
            for name, child in list(self._children.items()):
                if child.poll() is not None:
                    raise ControlPlaneError(self._failure(name))
            try:
                with opener.open(f"https://127.0.0.1:{self.port}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise ControlPlaneError(self._failure("kube-apiserver"))

    def _failure(self, name: str) -> str:
        lines = (self._folder / f"{name}.log").read_text(errors="replace").splitlines()[-8:]
        return "\n".join([f"{name} did not start:", *lines])

    def _make_key(self) -> Path:
        path = self._folder / "service-account.key"
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        )
        return path

    def _write_kubeconfig(self) -> Path:
        certificate, key = self.client
        path = self._folder / "admin.kubeconfig"
        path.write_text(
            f"""apiVersion: v1
kind: Config
current-context: lab
clusters: [{{name: lab, cluster: {{server: "https://127.0.0.1:{self.port}", certificate-authority: "{self._authority.certificate}"}}}}]
users: [{{name: admin, user: {{client-certificate: "{certificate}", client-key: "{key}"}}}}]
contexts: [{{name: lab, context: {{cluster: lab, user: admin}}}}]
"""
        )
        return path
