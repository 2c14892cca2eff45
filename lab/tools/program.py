"""What each external program is: its pins, where it is published, how Go builds it."""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).resolve().parent
PINS = MODULES / "pins.toml"
PUBLISHERS = {
    "github": "https://github.com",
    "kubernetes": "https://dl.k8s.io",
    "pulumi": "https://get.pulumi.com",
}
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_KUBERNETES = "k8s.io/component-base/version"
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Platform:
    """An operating system and an architecture, in Go's words."""

    system: str
    architecture: str

    @classmethod
    def here(cls) -> Platform:
        """The machine that this runs on."""
        machine = platform.machine().lower()
        return cls(platform.system().lower(), _ARCHITECTURES.get(machine, machine))


@dataclass(frozen=True)
class Download:
    """A file that a publisher offers, and the file that holds its checksum.

    Attributes:
        places: addresses of folders that each hold both files, best first.
        members: names inside the archive and the names that they get here; a file that is no
            archive has one.
    """

    places: tuple[str, ...]
    file: str
    checksums: str
    members: Mapping[str, str]


@dataclass(frozen=True)
class GoBuild:
    """A package to build in a folder below `lab/tools/` that has a go.mod and a go.sum."""

    folder: str
    package: str
    module: str
    version: str
    output: str
    linked: Mapping[str, str]


@dataclass(frozen=True)
class ModuleFile:
    """A file that lies in a pinned Go module ready for use."""

    folder: str
    module: str
    path: str


@dataclass(frozen=True)
class Program:
    """One program, with the files that only work beside it.

    Attributes:
        question: arguments that make it print its version.
        aliases: further names under which people install it.
        download: None where the publisher offers nothing for this machine.
    """

    name: str
    version: str
    minimum: str
    question: tuple[str, ...]
    download: Download | None
    builds: tuple[GoBuild, ...]
    companions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    files: tuple[ModuleFile, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every file that it puts into `.tools/bin`, the program itself last."""
        return (*self.companions, self.name)

    @property
    def pin(self) -> str:
        """What a copy must have been made from to be this one."""
        return " ".join([self.version, *(build.version for build in self.builds)])


def pins() -> dict[str, dict[str, str]]:
    """Read the one file that names every version."""
    parsed: dict[str, dict[str, str]] = tomllib.loads(PINS.read_text())
    return parsed


def programs(here: Platform, publishers: Mapping[str, str] = PUBLISHERS) -> list[Program]:
    """Every program, those that build quickly first."""
    known = pins()
    return [
        _etcd(known["etcd"], here, publishers["github"]),
        _kubelogin(known["kubelogin"], here, publishers["github"]),
        _kubernetes(
            "kubectl", known["kubectl"], here, publishers["kubernetes"], ("version", "--client")
        ),
        _kubernetes("kube-controller-manager", known["kubernetes"], here, publishers["kubernetes"]),
        _kubernetes("kube-apiserver", known["kubernetes"], here, publishers["kubernetes"]),
        _pulumi(known["pulumi"], here, publishers),
    ]


def plugin_download(
    version: str, here: Platform, publishers: Mapping[str, str] = PUBLISHERS
) -> Download:
    """The official pulumi-resource-kubernetes; no Go module is published for it."""
    name = "pulumi-resource-kubernetes"
    return Download(
        # get.pulumi.com has the archive too, but its checksums are published here only.
        (f"{publishers['github']}/pulumi/pulumi-kubernetes/releases/download/v{version}",),
        f"{name}-v{version}-{here.system}-{here.architecture}.tar.gz",
        f"pulumi-kubernetes_{version}_checksums.txt",
        {name: name},
    )


def _etcd(pin: Mapping[str, str], here: Platform, github: str) -> Program:
    version = pin["version"]
    suffix = "zip" if here.system == "darwin" else "tar.gz"
    return Program(
        "etcd",
        version,
        pin["minimum"],
        ("--version",),
        Download(
            (f"{github}/etcd-io/etcd/releases/download/v{version}",),
            f"etcd-v{version}-{here.system}-{here.architecture}.{suffix}",
            "SHA256SUMS",
            {"etcd": "etcd"},
        ),
        (GoBuild("etcd", ".", "go.etcd.io/etcd/server/v3", version, "etcd", {}),),
    )


def _kubelogin(pin: Mapping[str, str], here: Platform, github: str) -> Program:
    version = pin["version"]
    file = f"kubelogin_{here.system}_{here.architecture}.zip"
    module = "github.com/int128/kubelogin"
    name = "kubectl-oidc_login"  # kubectl finds plugins by this name
    return Program(
        name,
        version,
        pin["minimum"],
        ("--version",),
        Download(
            (f"{github}/int128/kubelogin/releases/download/v{version}",),
            file,
            f"{file}.sha256",
            {"kubelogin": name},
        ),
        (GoBuild("kubelogin", module, module, version, name, {"main.version": f"v{version}"}),),
        aliases=("kubelogin",),
    )


def _kubernetes(
    name: str,
    pin: Mapping[str, str],
    here: Platform,
    publisher: str,
    question: tuple[str, ...] = ("--version",),
) -> Program:
    version = pin["version"]
    major, minor, _ = version.split(".")
    download = Download(
        (f"{publisher}/release/v{version}/bin/{here.system}/{here.architecture}",),
        name,
        f"{name}.sha256",
        {name: name},
    )
    linked = {
        f"{_KUBERNETES}.gitVersion": f"v{version}",
        f"{_KUBERNETES}.gitMajor": major,
        f"{_KUBERNETES}.gitMinor": minor,
    }
    return Program(
        name,
        version,
        pin["minimum"],
        question,
        # The programs of a server are published for Linux only.
        download if here.system == "linux" or name == "kubectl" else None,
        (
            GoBuild(
                "kubernetes",
                f"k8s.io/kubernetes/cmd/{name}",
                "k8s.io/kubernetes",
                version,
                name,
                linked,
            ),
        ),
    )


def _pulumi(pin: Mapping[str, str], here: Platform, publishers: Mapping[str, str]) -> Program:
    version = pin["version"]
    architecture = {"amd64": "x64"}.get(here.architecture, here.architecture)
    host = "pulumi-language-python"
    companions = (host, f"{host}-exec", "pulumi-resource-pulumi-python")
    names = ("pulumi", *companions)
    return Program(
        "pulumi",
        version,
        pin["minimum"],
        ("version",),
        Download(
            (
                f"{publishers['github']}/pulumi/pulumi/releases/download/v{version}",
                f"{publishers['pulumi']}/releases/sdk",
            ),
            f"pulumi-v{version}-{here.system}-{architecture}.tar.gz",
            f"pulumi-{version}-checksums.txt",
            {name: name for name in names},
        ),
        (
            GoBuild(host, f"{_SDK}/python/cmd/{host}", _SDK, pin["python-host"], host, {}),
            GoBuild(
                "pulumi",
                "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
                _SDK,
                version,
                "pulumi",
                {f"{_SDK}/go/common/version.Version": f"v{version}"},
            ),
        ),
        companions=companions,
        files=(
            ModuleFile("pulumi", _SDK, f"python/cmd/{host}-exec"),
            ModuleFile("pulumi", _SDK, "python/dist/pulumi-resource-pulumi-python"),
        ),
    )
