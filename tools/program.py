"""The external programs: their pins and how each is built from its Go module."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
_KUBERNETES = "k8s.io/component-base/version"


@dataclass(frozen=True)
class GoModule:
    """A folder below `tools/` with a go.mod and a go.sum, and the package to build in it."""

    folder: str
    package: str
    module: str
    linked: dict[str, str]


@dataclass(frozen=True)
class Program:
    """One program at one version."""

    name: str
    version: str
    go: GoModule


def pins() -> dict[str, dict[str, str]]:
    """Read the one file that names every version."""
    parsed: dict[str, dict[str, str]] = tomllib.loads((ROOT / "pins.toml").read_text())
    return parsed


def programs() -> list[Program]:
    """Every program; the language host after the command line that it belongs to."""
    versions = pins()["programs"]
    pulumi = "github.com/pulumi/pulumi/sdk/v3"
    kubernetes = {
        f"{_KUBERNETES}.gitVersion": f"v{versions['kube-apiserver']}",
        f"{_KUBERNETES}.gitMajor": versions["kube-apiserver"].split(".")[0],
        f"{_KUBERNETES}.gitMinor": versions["kube-apiserver"].split(".")[1],
    }
    modules = {
        "etcd": GoModule("etcd", ".", "go.etcd.io/etcd/server/v3", {}),
        "kubectl-oidc_login": GoModule(
            "kubelogin",
            "github.com/int128/kubelogin",
            "github.com/int128/kubelogin",
            {"main.version": f"v{versions['kubectl-oidc_login']}"},
        ),
        "pulumi": GoModule(
            "pulumi",
            "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            pulumi,
            {f"{pulumi}/go/common/version.Version": f"v{versions['pulumi']}"},
        ),
        "pulumi-language-python": GoModule(
            "pulumi-language-python", f"{pulumi}/python/cmd/pulumi-language-python", pulumi, {}
        ),
        "kube-controller-manager": GoModule(
            "kubernetes",
            "k8s.io/kubernetes/cmd/kube-controller-manager",
            "k8s.io/kubernetes",
            kubernetes,
        ),
        "kube-apiserver": GoModule(
            "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", "k8s.io/kubernetes", kubernetes
        ),
    }
    return [Program(name, versions[name], go) for name, go in modules.items()]
