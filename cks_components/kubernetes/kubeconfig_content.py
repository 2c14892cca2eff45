"""Reads a kubeconfig file as strictly as kubectl does.

kubectl loads none with a value of a wrong type or with two entries of one name (client-go's
clientcmd/api/v1).
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from cks_components.api.errors import SettingsError
from cks_components.kubernetes.kubeconfig import is_kubeconfig
from cks_components.kubernetes.kubeconfig_file import as_text
from cks_components.kubernetes.kubeconfig_yaml import Loader

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_BASE64 = "base64"
_REPEATED = "repeated"
_WANTED = {
    "string_type": "text, so put it in quotes if it is meant",
    "list_type": "a list",
    "bool_type": "true or false",
    _BASE64: "base64",
}
"""What has to be there, by pydantic's type of an error; everything else is a mapping."""


def read(attempt: str, file: Path) -> Mapping[str, Any]:
    """Read a kubeconfig; one that is empty or null has no entries.

    Of several YAML documents, only the first is read, as kubectl does.

    Args:
        attempt: what is attempted, as the beginning of a message.
        file: its path.

    Raises:
        SettingsError: it cannot be read, or kubectl cannot load it.
    """
    content = _content(attempt, file)
    if content is None:
        return {}
    if not is_kubeconfig(content):
        message = f"{attempt}: {file} is not a kubeconfig; check KUBECONFIG"
        raise SettingsError([message])
    if found := wrong(content):
        message = f"{attempt}: kubectl cannot load {file}: {found}. Correct the file"
        raise SettingsError([message])
    return content


def wrong(content: Mapping[str, Any]) -> str:
    """Why kubectl cannot load a kubeconfig, with names but no values of it; empty if it can."""
    try:
        _Kubeconfig.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        return "; ".join(f"{_path(part['loc'])} has to be {_wanted(part)}" for part in found)
    return ""


def _content(attempt: str, file: Path) -> Any:
    try:
        documents = yaml.load_all(as_text(file.read_bytes()), Loader=Loader)
        return next(documents, None)
    except OSError as error:
        reason = error.strerror
    except UnicodeDecodeError:
        reason = "it is not text"
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = f"it is not valid YAML (line {mark.line + 1})" if mark else "it is not valid YAML"
    message = f"{attempt}: {file} cannot be read: {reason}; check the file"
    raise SettingsError([message])


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class _Named(_Part):
    """An entry of a list in which client-go takes each name once."""

    name: str | None = None


_Entries = TypeVar("_Entries", bound=Sequence[_Named])


def _distinct(entries: _Entries) -> _Entries:
    counted = Counter(entry.name or "" for entry in entries)
    repeated = ", ".join(f'"{name}"' for name, count in counted.items() if count > 1)
    if repeated:
        raise PydanticCustomError(_REPEATED, _REPEATED, {"names": repeated})
    return entries


def _decoded(text: str) -> str:
    try:
        base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except ValueError:
        raise PydanticCustomError(_BASE64, _BASE64) from None
    return text


_Data = Annotated[str, AfterValidator(_decoded)] | None
_Extensions = Annotated[list[_Named], AfterValidator(_distinct)] | None


class _Preferences(_Part):
    colors: bool | None = None
    extensions: _Extensions = None


class _AuthProvider(_Part):
    name: str | None = None
    config: dict[str, str | None] | None = None


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
    client_certificate_data: _Data = Field(None, alias="client-certificate-data")
    client_key: str | None = Field(None, alias="client-key")
    client_key_data: _Data = Field(None, alias="client-key-data")
    acts_as: str | None = Field(None, alias="as")
    acts_as_uid: str | None = Field(None, alias="as-uid")
    acts_as_groups: list[str | None] | None = Field(None, alias="as-groups")
    acts_as_extra: dict[str, list[str | None] | None] | None = Field(None, alias="as-user-extra")
    auth_provider: _AuthProvider | None = Field(None, alias="auth-provider")
    exec: _Exec | None = None
    extensions: _Extensions = None


class _Context(_Part):
    cluster: str | None = None
    user: str | None = None
    namespace: str | None = None
    extensions: _Extensions = None


class _Cluster(_Part):
    server: str | None = None
    tls_server_name: str | None = Field(None, alias="tls-server-name")
    insecure: bool | None = Field(None, alias="insecure-skip-tls-verify")
    authority: str | None = Field(None, alias="certificate-authority")
    authority_data: _Data = Field(None, alias="certificate-authority-data")
    proxy_url: str | None = Field(None, alias="proxy-url")
    disable_compression: bool | None = Field(None, alias="disable-compression")
    extensions: _Extensions = None


class _NamedCluster(_Named):
    cluster: _Cluster | None = None


class _NamedUser(_Named):
    user: _User | None = None


class _NamedContext(_Named):
    context: _Context | None = None


class _Kubeconfig(_Part):
    """The types of client-go's clientcmd/api/v1; it takes an empty version for its own."""

    api_version: Literal["v1", ""] | None = Field(None, alias="apiVersion")
    clusters: Annotated[list[_NamedCluster], AfterValidator(_distinct)] | None = None
    users: Annotated[list[_NamedUser], AfterValidator(_distinct)] | None = None
    contexts: Annotated[list[_NamedContext], AfterValidator(_distinct)] | None = None
    current_context: str | None = Field(None, alias="current-context")
    preferences: _Preferences | None = None
    extensions: _Extensions = None


def _wanted(error: ErrorDetails) -> str:
    if error["type"] == "literal_error":
        return str(error["ctx"]["expected"]).partition(" or ")[0]
    if error["type"] == _REPEATED:
        return f"a list with each name once, and repeats {error['ctx']['names']}"
    return _WANTED.get(error["type"], "a mapping")


def _path(parts: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")
