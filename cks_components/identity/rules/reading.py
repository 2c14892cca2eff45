"""Reads out of a stack file's values what the rules look at, as far as it can be read.

A file whose shape is wrong in one place is judged by all the others; what is wrong with its shape
is not said here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.alias_generators import to_camel

from cks_components.api.environment import duration_seconds
from cks_components.api.models import (
    AuthenticationWebhook,
    AuthorizationWebhook,
    B,
    OidcConfig,
    Webhook,
)
from cks_components.identity.issuers import Provider
from cks_components.identity.rules.bound import Binding
from cks_components.identity.rules.pipelines import Pipeline, TokenTerms
from cks_components.identity.rules.rule import Context, Environment
from cks_components.identity.rules.stack_file import Site, StackFile
from cks_components.identity.rules.waivers import Waiver, reasons


class _Part(BaseModel):
    """A part in which everything has a default, which stands for what cannot be read."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_default(
        cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Any:
        try:
            return handler(value)
        except ValidationError:
            return cls.model_fields[str(info.field_name)].get_default(call_default_factory=True)


class _Identity(_Part):
    provider: Provider = "generic"
    client_secret: SecretStr = SecretStr("")


def _each(value: object) -> object:
    """Entries that are none of keys and values hold back no other, and keep their number."""
    return (
        [v if isinstance(v, Mapping) else {} for v in value] if isinstance(value, list) else value
    )


_Entries = BeforeValidator(_each)


def _places(value: object) -> list[str]:
    """What can be read of the namespaces; what cannot does not make a role cluster wide."""
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


_Places = Annotated[list[str] | None, BeforeValidator(_places)]


class _Binding(_Part):
    cluster_role: str = ""
    users: list[str] = []
    groups: list[str] = []
    namespaces: _Places = None


def _span(value: object) -> timedelta | None:
    seconds = duration_seconds(str(value))
    return None if seconds is None else timedelta(seconds=seconds)


_Span = Annotated[timedelta | None, BeforeValidator(_span)]


class _Token(_Part):
    lifetime: _Span = None
    renew_before: _Span = None


class _Automation(_Part):
    name: str = ""
    namespace: str = ""
    create_namespace: bool = False
    delete_namespace: bool = False
    cluster_role: str = ""
    namespaces: _Places = None
    token: _Token | None = None


class _Webhooks(_Part):
    authentication: dict[str, Any] | None = None
    authorization: dict[str, Any] | None = None


class _Cluster(_Part):
    id: str | None = None
    endpoint: str | None = None
    bindings: Annotated[list[_Binding], _Entries] = []
    automation: Annotated[list[_Automation], _Entries] = []
    webhooks: _Webhooks = _Webhooks()
    servers: Any = None
    proxy_url: Any = None
    tls_server_name: Any = None
    certificate_authority: Any = None


class _Waiver(_Part):
    rule: str = ""
    reason: str = ""


class _File(_Part):
    environment: Environment = "development"
    identity: _Identity = _Identity()
    clusters: Annotated[list[_Cluster], _Entries] = []
    bindings: Annotated[list[_Binding], _Entries] = []
    automation: Annotated[list[_Automation], _Entries] = []
    webhooks: _Webhooks = _Webhooks()
    waivers: Annotated[list[_Waiver], _Entries] = []


def read(values: Mapping[str, Any]) -> StackFile:
    """Read a stack file's values, keyed by the names behind `cks-access:`."""
    file = _File.model_validate(values)
    identity = values.get("identity")
    given = [
        Waiver(path=f"waivers[{index}]", rule=waiver.rule, reason=waiver.reason)
        for index, waiver in enumerate(file.waivers)
        if waiver.rule
    ]
    return StackFile(
        context=Context(
            environment=file.environment,
            provider=file.identity.provider,
            waivers=reasons(given),
        ),
        oidc=_block(OidcConfig, identity) if isinstance(identity, Mapping) else OidcConfig(),
        identities=len(identity) if isinstance(identity, list) else int(bool(identity)),
        has_secret=bool(file.identity.client_secret),
        clusters=[
            Site(path=f"clusters[{index}]", id=cluster.id, endpoint=cluster.endpoint)
            for index, cluster in enumerate(file.clusters)
        ],
        bindings=list(_bindings(file)),
        automation=list(_automation(file)),
        webhooks=list(_webhooks(file)),
        waivers=given,
        ways=[(f"clusters[{index}]", _way(c)) for index, c in enumerate(file.clusters)],
    )


def _way(cluster: _Cluster) -> dict[str, str]:
    """Each text that says how a cluster is reached, by its path below the cluster."""
    found: dict[str, str] = {}
    for name in ("servers", "proxy_url", "tls_server_name", "certificate_authority"):
        value, key = getattr(cluster, name), to_camel(name)
        if isinstance(value, Mapping):
            found |= {f"{key}.{k}": v for k, v in value.items() if isinstance(v, str)}
        elif isinstance(value, str):
            found[key] = value
    return found


def _block(kind: type[B], values: Mapping[str, Any]) -> B:
    """The leaves that can be read."""
    try:
        return kind.read(dict(values))
    except ValidationError as error:
        wrong = {e["loc"][0] for e in error.errors()}
        return kind.read({k: v for k, v in values.items() if k not in wrong})


def _automation(file: _File) -> Iterator[tuple[str, Pipeline]]:
    places = {"automation": file.automation}
    places |= {f"clusters[{i}].automation": c.automation for i, c in enumerate(file.clusters)}
    for path, entries in places.items():
        for index, entry in enumerate(entries):
            yield f"{path}[{index}]", _pipeline(entry)


def _pipeline(entry: _Automation) -> Pipeline:
    token, given = None, entry.token
    if given is not None and given.lifetime is not None and given.renew_before is not None:
        token = TokenTerms(lifetime=given.lifetime, renew_before=given.renew_before)
    return Pipeline(
        name=entry.name,
        namespace=entry.namespace,
        cluster_role=entry.cluster_role,
        namespaces=entry.namespaces,
        creates_namespace=entry.create_namespace,
        deletes_namespace=entry.delete_namespace,
        token=token,
    )


def _webhooks(file: _File) -> Iterator[tuple[str, Webhook]]:
    places = {"webhooks": file.webhooks}
    places |= {f"clusters[{i}].webhooks": c.webhooks for i, c in enumerate(file.clusters)}
    for path, hooks in places.items():
        if hooks.authentication is not None:
            yield f"{path}.authentication", _block(AuthenticationWebhook, hooks.authentication)
        if hooks.authorization is not None:
            yield f"{path}.authorization", _block(AuthorizationWebhook, hooks.authorization)


def _bindings(file: _File) -> Iterator[tuple[str, Binding]]:
    for index, binding in enumerate(file.bindings):
        yield f"bindings[{index}]", binding
    for place, cluster in enumerate(file.clusters):
        for index, binding in enumerate(cluster.bindings):
            yield f"clusters[{place}].bindings[{index}]", binding
