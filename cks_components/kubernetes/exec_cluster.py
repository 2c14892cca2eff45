"""What kubectl tells an exec plugin about the cluster, if it has `provideClusterInfo`.

As client-go 0.36 does: ConfigToExecCluster of rest, and the Cluster of its
client.authentication.k8s.io.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from cks_components.api.errors import SettingsError
from cks_components.api.urls import parts_of
from cks_components.kubernetes.kubectl_context import Entry, unreadable

_AS_THEY_ARE = ("server", "tls-server-name", "insecure-skip-tls-verify", "disable-compression")
_DATA = "certificate-authority-data"
_FILE = "certificate-authority"
_EXTENSION = "client.authentication.k8s.io/exec"


def told_to_plugin(attempt: str, cluster: Entry) -> dict[str, Any]:
    """The cluster as a plugin gets it; a proxy of the environment is not in it.

    Args:
        attempt: what is attempted, as the beginning of a message.
        cluster: one with which kubectl can work.

    Raises:
        SettingsError: its certificate authority cannot be read, or its extension is not JSON.
    """
    proxy = parts_of(cluster.content.get("proxy-url"))
    told = {key: cluster.content.get(key) for key in _AS_THEY_ARE} | {
        _DATA: base64.b64encode(_authority(attempt, cluster)).decode(),
        "proxy-url": proxy.geturl() if proxy else "",
    }
    return {key: value for key, value in told.items() if value} | {
        "config": _config(attempt, cluster)
    }


def _authority(attempt: str, cluster: Entry) -> bytes:
    data, written = cluster.content.get(_DATA), cluster.content.get(_FILE)
    if data or not written:
        return base64.b64decode(data or "")
    path = cluster.path(written)
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{attempt}: {unreadable(_FILE, path, error)}"
        raise SettingsError([message]) from error


def _config(attempt: str, cluster: Entry) -> Any:
    extensions = cluster.content.get("extensions") or ()
    config = next((e.get("extension") for e in extensions if e.get("name") == _EXTENSION), None)
    try:
        json.dumps(config, allow_nan=False)
    except (TypeError, ValueError) as error:
        message = (
            f'{attempt}: its cluster\'s extension "{_EXTENSION}" holds a value that JSON does not have; '
            "correct it"
        )
        raise SettingsError([message]) from error
    return config
