"""StackSettings: a stack file as one validated model, with every finding at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from cks_components.api.environment import duration_seconds
from cks_components.api.errors import SettingsError
from cks_components.api.models import OidcConfig
from cks_components.api.waiting import DEFAULT_TIMEOUT_SECONDS
from cks_components.identity import rules
from cks_components.identity.issuers import Provider
from cks_components.lifecycle import OnDelete, OnDrift

PROJECT = "cks-access"

_Text = Annotated[str, StringConstraints(min_length=1)]
_Uuid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
]
_Namespace = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)
]


def _seconds(value: object) -> float:
    seconds = duration_seconds(str(value))
    if seconds is None or seconds <= 0:
        message = 'write a duration such as "20m" or "90s"'
        raise ValueError(message)
    return seconds


def _names(value: list[str]) -> list[str]:
    for name in value:
        if name != name.strip() or "*" in name:
            message = (
                f'"{name}" can never match: RBAC compares names byte for byte, without wildcards'
            )
            raise ValueError(message)
        if name.startswith("system:"):
            message = f'"{name}" is one of Kubernetes\' own names and is never bound here'
            raise ValueError(message)
    return value


_Names = Annotated[list[_Text], AfterValidator(_names)]


class _Strict(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True
    )


class IdentitySettings(_Strict):
    """The identity provider, and how its block is looked after."""

    provider: Provider = Field("generic", description="The preset.")
    issuer_url: str = Field(description=OidcConfig.model_fields["issuer_url"].description)
    client_id: str
    username_claim: str | None = None
    username_prefix: str | None = None
    groups_claim: str | None = None
    groups_prefix: str | None = None
    ca: str | None = None
    required_claim: str | None = None
    signing_algorithms: list[str] | None = None
    admin_group_binding: str | None = None
    client_secret: str | None = Field(None, repr=False)
    extra_scopes: list[_Text] = []
    adopt: bool = False
    on_drift: OnDrift = "refuse"
    on_delete: OnDelete = "restore"
    discovery: Literal["warn", "strict", "off"] = "warn"

    @property
    def oidc(self) -> OidcConfig:
        """The ten leaves as the API's block."""
        return OidcConfig.model_validate({n: getattr(self, n) for n in OidcConfig.model_fields})


class BindingSettings(_Strict):
    """People and groups, as the identity provider names them, and their role."""

    cluster_role: _Text
    users: _Names = []
    groups: _Names = []
    namespaces: Annotated[list[_Namespace], Field(min_length=1)] | None = None


class ClusterSettings(_Strict):
    """One existing cluster, by name or by id."""

    name: _Text | None = None
    id: _Uuid | None = None
    alias: _Namespace | None = None
    endpoint: _Text | None = None
    bindings: list[BindingSettings] = []

    @property
    def key(self) -> str:
        """The name in resource names and outputs."""
        return self.alias or self.name or str(self.id)


class StackSettings(_Strict):
    """A stack file."""

    environment: Literal["development", "staging", "production"] = "development"
    clusters: Annotated[list[ClusterSettings], Field(min_length=1)]
    identity: IdentitySettings | None = None
    bindings: list[BindingSettings] = []
    update_timeout: Annotated[float, BeforeValidator(_seconds)] = DEFAULT_TIMEOUT_SECONDS

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> StackSettings:
        """Validate a stack file's values, keyed by the names behind `cks-access:`.

        Raises:
            SettingsError: with every finding, each with its path in the stack file.
        """
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            found = [_finding(e["loc"], e["type"], e["msg"]) for e in error.errors()]
            found += _rules_in_spite_of(values)
            raise SettingsError(list(dict.fromkeys(found))) from None
        found = [*_identity_findings(settings), *_cluster_findings(settings)]
        if found:
            raise SettingsError(found)
        return settings

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> StackSettings:
        """Read the program's configuration as the engine hands it over: JSON in text.

        Raises:
            SettingsError: as `parse`.
        """
        prefix = f"{PROJECT}:"
        own = {k.removeprefix(prefix): v for k, v in config.items() if k.startswith(prefix)}
        return cls.parse({key: _decoded(value) for key, value in own.items()})


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _identity_findings(settings: StackSettings) -> list[str]:
    if settings.identity is None:
        if settings.bindings or any(c.bindings for c in settings.clusters):
            return []
        return ["identity: is missing, and there are no bindings: this stack would do nothing"]
    return _refusals(settings.identity.oidc)


def _rules_in_spite_of(values: Mapping[str, Any]) -> list[str]:
    """The rules' findings for a file whose shape is wrong elsewhere, so that none is held back."""
    identity = values.get("identity")
    if not isinstance(identity, Mapping):
        return []
    try:
        block = OidcConfig.model_validate(dict(identity))
    except ValidationError:
        return []
    missing = tuple(f"identity.{key}:" for key in {"issuerUrl", "clientId"} - identity.keys())
    return [finding for finding in _refusals(block) if not finding.startswith(missing)]


def _refusals(block: OidcConfig) -> list[str]:
    return [f"identity.{finding}" for finding in rules.findings(block) if finding.refuses]


def _cluster_findings(settings: StackSettings) -> list[str]:
    found = []
    first: dict[str, int] = {}
    for index, cluster in enumerate(settings.clusters):
        path = f"clusters[{index}]"
        if (cluster.name is None) == (cluster.id is None):
            found.append(f"{path}: write either name or id of the cluster")
            continue
        for value in {cluster.key, cluster.id or cluster.key}:
            if value in first:
                found.append(
                    f"{path}: is the same cluster, or has the same name, as clusters[{first[value]}]"
                    f" ({value}); name each cluster once, or give it an alias"
                )
                break
            first[value] = index
    paths = {"bindings": settings.bindings}
    paths |= {f"clusters[{i}].bindings": c.bindings for i, c in enumerate(settings.clusters)}
    for path, bindings in paths.items():
        for index, binding in enumerate(bindings):
            if not binding.users and not binding.groups:
                found.append(f"{path}[{index}]: binds nobody; write users or groups")
    return found


def _finding(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc).lstrip(".")
    if kind == "extra_forbidden":
        return f"{path}: is not a key of a stack file; check its spelling and its place"
    if kind == "missing":
        return f"{path}: is missing"
    text = message.removeprefix("Value error, ")
    return f"{path}: {text[:1].lower()}{text[1:]}"
