"""What kubectl makes of a context: whose credential it takes, and what it refuses to work with.

The rules are those of client-go 0.36: the validation of tools/clientcmd, the round trippers of
transport, and plugin/pkg/client/auth/exec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from cks_components.api.errors import SettingsError
from cks_components.api.urls import parts_of
from cks_components.kubernetes import kubeconfig_content
from cks_components.kubernetes.kubeconfig import EXEC_API_VERSION, LISTS
from cks_components.kubernetes.kubeconfig_file import is_missing
from cks_components.kubernetes.nearest_name import nearest

_OLDER_EXEC_API_VERSION = "client.authentication.k8s.io/v1beta1"
_MODES = ("Never", "IfAvailable", "Always")
_PROXIES = ("http", "https", "socks5")
_SECURE = re.compile("https://[^/?#]", re.IGNORECASE)
_NO_SERVER = "so kubectl asks http://localhost:8080, and sends no token; correct the kubeconfig"
_PROVIDER = "oidc"
_PROVIDER_SETTINGS = ("idp-issuer-url", "client-id")
_IMPERSONATIONS = ("as-uid", "as-groups", "as-user-extra")


@dataclass(frozen=True)
class Entry:
    """A named entry of a kubeconfig, and the folder to which its paths are relative."""

    content: Mapping[str, Any]
    folder: Path

    def path(self, written: str) -> Path:
        """A path as the entry has it."""
        return self.folder / written


def user_and_cluster_of(attempt: str, context: str, files: Sequence[Path]) -> tuple[Entry, Entry]:
    """Get user and cluster of a context, if kubectl can work with it and sends a token there.

    Args:
        attempt: what is attempted, as the beginning of a message.
        context: its name.
        files: the kubeconfigs, of which the first with an entry of a name counts.

    Raises:
        SettingsError: kubectl cannot load a file, or refuses the context, its cluster or its user;
            or it would send no token there; one sentence, without any credential.
    """
    entries = _entries(attempt, files)
    contexts, users, clusters = entries["contexts"], entries["users"], entries["clusters"]
    where = _names(files)
    if context not in contexts:
        known = ", ".join(contexts) or "none"
        hint = nearest(context, contexts)
        message = f"{attempt}: {where} has no such context{hint}; it has {known}"
        raise SettingsError([message])
    name = contexts[context].content.get("user") or ""
    if not name:
        message = (
            f"{attempt}: it names no user, so kubectl sends no token; name the context of a person or a "
            "pipeline"
        )
        raise SettingsError([message])
    if name not in users:
        message = f'{attempt}: its user "{name}" is not in {where}; correct the kubeconfig'
        raise SettingsError([message])
    cluster = contexts[context].content.get("cluster") or ""
    if not cluster:
        message = f"{attempt}: it names no cluster, {_NO_SERVER}"
        raise SettingsError([message])
    if cluster not in clusters:
        message = f'{attempt}: its cluster "{cluster}" is not in {where}, {_NO_SERVER}'
        raise SettingsError([message])
    found = users[name], clusters[cluster]
    wrong = next(chain(_wrong_in_cluster(found[1]), _wrong_in_user(found[0])), "")
    if wrong:
        message = f"{attempt}: {wrong}"
        raise SettingsError([message])
    return found


def wrong_plugin(plugin: Mapping[str, Any]) -> str:
    """Why kubectl does not run an exec plugin, as the rest of a sentence; empty if it does."""
    version, mode = plugin.get("apiVersion") or "", plugin.get("interactiveMode") or ""
    if not plugin.get("command"):
        return "has no command; name the program"
    if version not in (EXEC_API_VERSION, _OLDER_EXEC_API_VERSION):
        has = f'the apiVersion "{version}"' if version else "no apiVersion"
        return f'has {has}, with which kubectl does not run it; write "{EXEC_API_VERSION}"'
    if not mode and version == EXEC_API_VERSION:
        return (
            f"has no interactiveMode, without which kubectl does not run a plugin of {version}; "
            'write "interactiveMode: Never"'
        )
    if mode and mode not in _MODES:
        return f'has the interactiveMode "{mode}"; kubectl knows {", ".join(_MODES)}'
    if not all(variable.get("name") for variable in plugin.get("env") or ()):
        return "has an environment variable without a name; name it"
    return ""


def unreadable(key: str, path: Path, error: OSError) -> str:
    """That a file which a kubeconfig names cannot be read, as the rest of a sentence."""
    return f"its {key} {path} cannot be read: {error.strerror}; check the path"


def _wrong_in_cluster(cluster: Entry) -> Iterator[str]:
    values = cluster.content
    server = parts_of(values.get("server"))
    authority, data = values.get("certificate-authority"), values.get("certificate-authority-data")
    if not values.get("server"):
        yield f"its cluster has no server, {_NO_SERVER}"
    elif not _SECURE.match(values["server"]):
        yield "its cluster's server has no https://, and kubectl sends a token only there; correct it"
    elif server and server.username is not None:
        yield (
            "its cluster's server names a user (before the @), whom kubectl sends instead of the token; "
            "remove the user"
        )
    proxy = parts_of(values.get("proxy-url"))
    if values.get("proxy-url") and (proxy is None or proxy.scheme not in _PROXIES):
        yield f"its cluster's proxy-url begins with none of {', '.join(_PROXIES)}; correct it"
    if authority and data:
        yield _both("cluster", "certificate-authority")
    if (authority or data) and values.get("insecure-skip-tls-verify"):
        yield (
            "its cluster has a certificate authority and insecure-skip-tls-verify, which kubectl "
            "refuses; remove one of them"
        )
    yield from _not_opened(cluster, "certificate-authority")


def _wrong_in_user(user: Entry) -> Iterator[str]:
    values = user.content
    plugin, provider = values.get("exec"), values.get("auth-provider")
    if plugin is not None and provider is not None:
        yield "its user has exec and an auth-provider, which kubectl refuses; remove one of them"
    if plugin is not None and (wrong := wrong_plugin(plugin)):
        yield f'its exec plugin "{plugin.get("command") or ""}" {wrong}'
    if provider is not None and not _is_provider(provider):
        yield (
            "its user has an auth-provider with which kubectl does not start: the only one that is left "
            f"is {_PROVIDER}, with {' and '.join(_PROVIDER_SETTINGS)}; remove it"
        )
    name, password = values.get("username"), values.get("password")
    if (values.get("token") and (name or password)) or (values.get("tokenFile") and name):
        yield "its user has a token and a username or password, which kubectl refuses; remove one"
    if values.get("client-certificate") or values.get("client-certificate-data"):
        yield from _wrong_in_certificate(user)
    if not values.get("as") and (found := [key for key in _IMPERSONATIONS if values.get(key)]):
        yield f'its user has {" and ".join(found)} without "as", which kubectl refuses; add or remove it'


def _wrong_in_certificate(user: Entry) -> Iterator[str]:
    given = {key: user.content.get(key) for key in ("client-certificate", "client-key")}
    data = {key: user.content.get(f"{key}-data") for key in given}
    for key in given:
        if given[key] and data[key]:
            yield _both("user", key)
    if not given["client-key"] and not data["client-key"]:
        yield "its user has a client certificate without its client-key, which kubectl refuses; add it"
    for key in given:
        yield from _not_opened(user, key)


def _is_provider(provider: Mapping[str, Any]) -> bool:
    settings = provider.get("config") or {}
    return provider.get("name") == _PROVIDER and all(map(settings.get, _PROVIDER_SETTINGS))


def _both(kind: str, key: str) -> str:
    return f"its {kind} has {key} and {key}-data, which kubectl refuses; remove one of them"


def _not_opened(entry: Entry, key: str) -> Iterator[str]:
    written = entry.content.get(key)
    if written:
        path = entry.path(written)
        try:
            path.open("rb").close()
        except IsADirectoryError:
            pass  # kubectl opens it, and says what is wrong when it reads it
        except OSError as error:
            yield unreadable(key, path, error)


def _entries(attempt: str, files: Sequence[Path]) -> dict[str, dict[str, Entry]]:
    """The entries of all files by their names, in each of the lists of a kubeconfig."""
    found: dict[str, dict[str, Entry]] = {key: {} for key in LISTS}
    present = [file for file in files if not is_missing(file)]
    if not present:
        message = f"{attempt}: there is no kubeconfig at {_names(files)}; set KUBECONFIG"
        raise SettingsError([message])
    for file in present:
        content = kubeconfig_content.read(attempt, file)
        for key, kind in LISTS.items():
            for entry in content.get(key) or ():
                value = Entry(entry.get(kind) or {}, file.parent)
                found[key].setdefault(entry.get("name") or "", value)
    return found


def _names(files: Sequence[Path]) -> str:
    return ", ".join(map(str, files))
