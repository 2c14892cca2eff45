"""Programs that are small shell scripts, and a loopback server that has the publishers' paths.

Nothing beyond loopback is asked, and no program of the machine is used.
"""

from __future__ import annotations

import hashlib
import io
import socket
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lab.tools.program import Platform, Program, plugin_download, programs
from lab.tools.workspace import Place

LINUX = Platform("linux", "amd64")
# Installs an archive or an executable, as far as these tests need it.
PULUMI = """#!/bin/sh
PATH=/bin:/usr/bin
if [ "$1" = version ]; then echo v{version}; exit; fi
folder="$PULUMI_HOME/plugins/resource-kubernetes-v$5"
mkdir -p "$folder"
case "$7" in
*.tar.gz) tar -xzf "$7" -C "$folder" ;;
*) cp "$7" "$folder/" ;;
esac
"""


def script(version: str) -> bytes:
    """A program that does nothing but tell its version, however it is asked."""
    return f"#!/bin/sh\necho version {version}\n".encode()


def executable(file: Path, content: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(0o755)
    return file


def tar_gz(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def contents(program: Program, version: str) -> dict[str, bytes]:
    """Every file of a program at some version, under the names that they get here."""
    files = dict.fromkeys(program.names, script(version))
    if program.name == "pulumi":
        files["pulumi"] = PULUMI.replace("{version}", version).encode()
    return files


@dataclass
class Publisher:
    """What the loopback server offers, and what it was asked."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def addresses(self) -> dict[str, str]:
        return dict.fromkeys(("github", "kubernetes", "pulumi"), self.url)

    def publish(self, path: str, content: bytes, checksums: str, *, wrong: bool = False) -> None:
        """Offer a file and its checksum, in the publishers' formats."""
        folder, _, name = path.rpartition("/")
        digest = hashlib.sha256(b"other" if wrong else content).hexdigest()
        alone = checksums == f"{name}.sha256"
        line = digest if alone else f"{'0' * 64}  another.file\n{digest}  {name}\n"
        self.files[path] = content
        self.files[f"{folder}/{checksums}"] = line.encode()


@contextmanager
def serving(publisher_files: dict[str, bytes]) -> Iterator[Publisher]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            content = publisher_files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Publisher(f"http://127.0.0.1:{server.server_port}", publisher_files, asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with serving({}) as publisher:
        yield publisher


@pytest.fixture
def silent_url() -> Iterator[str]:
    """A host that accepts connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def place(tmp_path: Path, publisher: Publisher) -> Place:
    """An empty checkout of a person with nothing on PATH; the publishers offer nothing yet."""
    environ = {"PATH": str(tmp_path / "path"), "HOME": str(tmp_path / "home")}
    (tmp_path / "checkout" / ".tools" / "bin").mkdir(parents=True)
    return Place(tmp_path / "checkout", environ, LINUX, publisher.addresses, patience=0.3)


def program(name: str, place: Place) -> Program:
    return next(p for p in programs(place.here, place.publishers) if p.name == name)


def publish_everything(publisher: Publisher) -> None:
    """Offer every program and the plugin where the publishers have them."""
    wanted = {p.name: p for p in programs(LINUX)}
    pulumi, etcd = wanted["pulumi"], wanted["etcd"]
    kubelogin, kubectl = wanted["kubectl-oidc_login"], wanted["kubectl"]
    publisher.publish(
        f"/pulumi/pulumi/releases/download/v{pulumi.version}/"
        f"pulumi-v{pulumi.version}-linux-x64.tar.gz",
        tar_gz({f"pulumi/{k}": v for k, v in contents(pulumi, pulumi.version).items()}),
        f"pulumi-{pulumi.version}-checksums.txt",
    )
    publisher.publish(
        f"/etcd-io/etcd/releases/download/v{etcd.version}/etcd-v{etcd.version}-linux-amd64.tar.gz",
        tar_gz({f"etcd-v{etcd.version}-linux-amd64/etcd": script(etcd.version)}),
        "SHA256SUMS",
    )
    publisher.publish(
        f"/int128/kubelogin/releases/download/v{kubelogin.version}/kubelogin_linux_amd64.zip",
        zipped({"LICENSE": b"", "kubelogin": script(kubelogin.version)}),
        "kubelogin_linux_amd64.zip.sha256",
    )
    for name in ("kubectl", "kube-apiserver", "kube-controller-manager"):
        publisher.publish(
            f"/release/v{kubectl.version}/bin/linux/amd64/{name}",
            script(kubectl.version),
            f"{name}.sha256",
        )
    plugin = plugin_download("4.34.2", LINUX)
    publisher.publish(
        f"/pulumi/pulumi-kubernetes/releases/download/v4.34.2/{plugin.file}",
        tar_gz({"pulumi-resource-kubernetes": b"#!/bin/sh\n# official\n"}),
        "pulumi-kubernetes_4.34.2_checksums.txt",
    )
