"""A kubeconfig: the one cluster and user that a context names."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lab.kubernetes_plugin.errors import KubeconfigError, NotCoveredError

_REFUSED_CLUSTER = ("insecure-skip-tls-verify",)
_REFUSED_USER = ("username", "password", "auth-provider", "as", "as-groups", "as-uid")


@dataclass(frozen=True)
class Exec:
    """The program that gets a user's credential."""

    api_version: str
    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    provide_cluster_info: bool = False


@dataclass(frozen=True)
class Access:
    """Everything needed to ask one API server; no field is shown in a text.

    Attributes:
        ca: PEM, None where the system's roots decide.
        certificate: PEM of a client certificate, with its `key`.
    """

    server: str
    ca: str | None = field(default=None, repr=False)
    proxy: str | None = None
    tls_server_name: str = ""
    token: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    exec: Exec | None = field(default=None, repr=False)
    namespace: str = ""


def load(text: str) -> dict[str, Any]:
    """A kubeconfig from YAML or JSON text, or from the file that the text names.

    Raises:
        KubeconfigError: it is neither.
    """
    if "\n" not in text and "{" not in text:
        path = Path(text).expanduser()
        if not path.is_file():
            message = f"the kubeconfig is neither YAML nor JSON and no file has this name: {text}"
            raise KubeconfigError(message)
        text = path.read_text()
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        # The problem's own text quotes lines, and a line may hold a token.
        message = f"the kubeconfig is not YAML: {type(error).__name__}"
        raise KubeconfigError(message) from None
    if not isinstance(found, dict):
        message = "the kubeconfig is not a map with clusters, users and contexts"
        raise KubeconfigError(message)
    return found


def active_cluster(config: Mapping[str, Any], context: str = "", cluster: str = "") -> Any:
    """The settings of the cluster in use, as written; None where there is none."""
    if not cluster:
        chosen = _entry(config, "context", context or config.get("current-context") or "")
        cluster = (chosen or {}).get("cluster", "")
    return _entry(config, "cluster", cluster)


def access(config: Mapping[str, Any], *, context: str = "", cluster: str = "") -> Access:
    """What a context gives access to.

    Args:
        config: a loaded kubeconfig.
        context: instead of its current context.
        cluster: instead of the context's cluster.

    Raises:
        KubeconfigError: the context, cluster or user is not there or holds no base64.
        NotCoveredError: it asks for a way in that is not covered, or for no TLS verification.
    """
    name = context or config.get("current-context") or ""
    chosen = _entry(config, "context", name)
    if chosen is None:
        message = f"the kubeconfig has no context {name!r}"
        raise KubeconfigError(message)
    found = active_cluster(config, name, cluster)
    if not found or not found.get("server"):
        message = f"the kubeconfig has no cluster with a server for context {name!r}"
        raise KubeconfigError(message)
    user = _entry(config, "user", chosen.get("user") or "") or {}
    for key in [k for k in _REFUSED_CLUSTER if found.get(k)] + [
        k for k in _REFUSED_USER if user.get(k)
    ]:
        what = f"{key} in a kubeconfig"
        raise NotCoveredError(what)
    return Access(
        server=str(found["server"]).rstrip("/"),
        ca=_data(found, "certificate-authority"),
        proxy=found.get("proxy-url") or None,
        tls_server_name=found.get("tls-server-name") or "",
        token=user.get("token") or _file(user.get("tokenFile")),
        certificate=_data(user, "client-certificate"),
        key=_data(user, "client-key"),
        exec=_exec(user.get("exec")),
        namespace=chosen.get("namespace") or "",
    )


def _entry(config: Mapping[str, Any], kind: str, name: str) -> Any:
    for entry in config.get(f"{kind}s") or []:
        if isinstance(entry, dict) and entry.get("name") == name:
            return entry.get(kind) or {}
    return None


def _data(source: Mapping[str, Any], key: str) -> str | None:
    encoded = source.get(f"{key}-data")
    if not encoded:
        return _file(source.get(key))
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        message = f"{key}-data in the kubeconfig is not base64 of a PEM text"
        raise KubeconfigError(message) from None


def _file(name: str | None) -> str | None:
    if not name:
        return None
    try:
        return Path(name).read_text().strip()
    except OSError as error:
        message = f"the kubeconfig names a file that cannot be read: {name}: {error.strerror}"
        raise KubeconfigError(message) from error


def _exec(found: Mapping[str, Any] | None) -> Exec | None:
    if not found:
        return None
    return Exec(
        api_version=found.get("apiVersion") or "",
        command=found.get("command") or "",
        args=tuple(found.get("args") or ()),
        env={entry["name"]: entry["value"] for entry in found.get("env") or []},
        provide_cluster_info=bool(found.get("provideClusterInfo")),
    )
