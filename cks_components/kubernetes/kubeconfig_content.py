"""Reads a kubeconfig file as strictly as kubectl does, which loads none with a value of a wrong type."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cks_components.api.errors import SettingsError
from cks_components.kubernetes.kubeconfig import is_kubeconfig

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_WANTED = {
    "string_type": "text, so put it in quotes if it is meant",
    "list_type": "a list",
    "bool_type": "true or false",
}
"""What has to be there, by pydantic's type of an error; everything else is a mapping."""


def read(attempt: str, file: Path) -> Mapping[str, Any]:
    """Read a kubeconfig; one that is empty or null has no entries.

    Args:
        attempt: what is attempted, as the beginning of a message.
        file: its path.

    Raises:
        SettingsError: it cannot be read, or kubectl cannot load it; no value is shown.
    """
    content = _content(attempt, file)
    if content is None:
        return {}
    if not is_kubeconfig(content):
        message = f"{attempt}: {file} is not a kubeconfig; check KUBECONFIG"
        raise SettingsError([message])
    try:
        _Kubeconfig.model_validate(content)
    except ValidationError as error:
        raise SettingsError([_wrong_types(attempt, file, error)]) from None
    return content


def _content(attempt: str, file: Path) -> Any:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        reason = error.strerror
    except UnicodeDecodeError:
        reason = "it is not text"
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = f"it is not valid YAML (line {mark.line + 1})" if mark else "it is not valid YAML"
    message = f"{attempt}: {file} cannot be read: {reason}; check the file"
    raise SettingsError([message])


class _Loader(yaml.SafeLoader):
    """Takes a date for text, as kubectl does."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class _Variable(_Part):
    name: str | None = None
    value: str | None = None


class _Exec(_Part):
    api_version: str | None = Field(None, alias="apiVersion")
    command: str | None = None
    args: list[str | None] | None = None
    env: list[_Variable] | None = None
    install_hint: str | None = Field(None, alias="installHint")
    interactive_mode: str | None = Field(None, alias="interactiveMode")
    provide_cluster_info: bool | None = Field(None, alias="provideClusterInfo")


class _User(_Part):
    token: str | None = None
    token_file: str | None = Field(None, alias="tokenFile")
    username: str | None = None
    password: str | None = None
    client_certificate: str | None = Field(None, alias="client-certificate")
    client_certificate_data: str | None = Field(None, alias="client-certificate-data")
    client_key: str | None = Field(None, alias="client-key")
    client_key_data: str | None = Field(None, alias="client-key-data")
    acts_as: str | None = Field(None, alias="as")
    acts_as_uid: str | None = Field(None, alias="as-uid")
    acts_as_groups: list[str | None] | None = Field(None, alias="as-groups")
    acts_as_extra: dict[str, list[str | None] | None] | None = Field(None, alias="as-user-extra")
    exec: _Exec | None = None


class _Context(_Part):
    cluster: str | None = None
    user: str | None = None
    namespace: str | None = None


class _Cluster(_Part):
    server: str | None = None
    tls_server_name: str | None = Field(None, alias="tls-server-name")
    insecure: bool | None = Field(None, alias="insecure-skip-tls-verify")
    authority: str | None = Field(None, alias="certificate-authority")
    authority_data: str | None = Field(None, alias="certificate-authority-data")
    proxy_url: str | None = Field(None, alias="proxy-url")
    disable_compression: bool | None = Field(None, alias="disable-compression")


class _NamedCluster(_Part):
    name: str | None = None
    cluster: _Cluster | None = None


class _NamedUser(_Part):
    name: str | None = None
    user: _User | None = None


class _NamedContext(_Part):
    name: str | None = None
    context: _Context | None = None


class _Kubeconfig(_Part):
    """The types of client-go's clientcmd/api/v1; it takes an empty version for its own."""

    api_version: Literal["v1", ""] | None = Field(None, alias="apiVersion")
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    contexts: list[_NamedContext] | None = None
    current_context: str | None = Field(None, alias="current-context")


def _wrong_types(attempt: str, file: Path, error: ValidationError) -> str:
    found = [
        f"{_path(part['loc'])} has to be {_wanted(part)}"
        for part in error.errors(include_input=False, include_url=False)
    ]
    return f"{attempt}: kubectl cannot load {file}: {'; '.join(found)}. Correct the file"


def _wanted(error: ErrorDetails) -> str:
    if error["type"] == "literal_error":
        return str(error["ctx"]["expected"]).partition(" or ")[0]
    return _WANTED.get(error["type"], "a mapping")


def _path(parts: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")
