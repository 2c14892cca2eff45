"""StackSettings: a stack file as one validated model, with every finding at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError
from pydantic.alias_generators import to_camel

from cks_components.address_settings import AddressSettings
from cks_components.api.errors import SettingsError
from cks_components.api.models import OidcConfig
from cks_components.api.waiting import DEFAULT_TIMEOUT_SECONDS
from cks_components.automation_settings import AutomationSettings
from cks_components.identity import rules
from cks_components.identity.issuers import Provider
from cks_components.identity.rules import Context, Environment, Finding, Level
from cks_components.kubeconfig import (
    DEFAULT_CONTEXT,
    OPERATORS,
    PEOPLE,
    Naming,
    of_pipeline,
    wrong_pattern,
)
from cks_components.lifecycle import OnDelete, OnDrift
from cks_components.setting import STRICT, Namespace, Namespaces, Seconds, Text, Uuid, in_words

PROJECT = "cks-access"


class _Strict(BaseModel):
    model_config = STRICT


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
    extra_scopes: list[Text] = []
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

    cluster_role: Text
    users: list[Text] = []
    groups: list[Text] = []
    namespaces: Namespaces = None


class WebhookSettings(_Strict):
    """One webhook, and how its block is looked after."""

    server: str
    ca: str | None = None
    adopt: bool = False
    on_drift: OnDrift = "refuse"
    on_delete: OnDelete = "restore"


class WebhooksSettings(_Strict):
    """Who else is asked about tokens and about rights."""

    authentication: WebhookSettings | None = None
    authorization: WebhookSettings | None = None


class ClusterSettings(_Strict, AddressSettings):
    """One existing cluster, by name or by id."""

    name: Text | None = None
    id: Uuid | None = None
    alias: Namespace | None = None
    endpoint: Text | None = None
    bindings: list[BindingSettings] = []
    automation: list[AutomationSettings] = []
    webhooks: WebhooksSettings = WebhooksSettings()

    @property
    def key(self) -> str:
        """The name in resource names and outputs."""
        return self.alias or self.name or str(self.id)


class KubeconfigSettings(_Strict):
    """What the entries of kubeconfigs are called."""

    context: Text = DEFAULT_CONTEXT


class WaiverSettings(_Strict):
    """A rule that this stack breaks on purpose."""

    rule: Text
    reason: str = ""


class StackSettings(_Strict):
    """A stack file."""

    environment: Environment = "development"
    clusters: Annotated[list[ClusterSettings], Field(min_length=1)]
    identity: IdentitySettings | None = None
    bindings: list[BindingSettings] = []
    automation: list[AutomationSettings] = []
    webhooks: WebhooksSettings = WebhooksSettings()
    kubeconfig: KubeconfigSettings = KubeconfigSettings()
    update_timeout: Seconds = DEFAULT_TIMEOUT_SECONDS
    waivers: list[WaiverSettings] = []

    @property
    def context(self) -> Context:
        """How strictly this stack is judged, for everything that judges it again."""
        return Context(
            environment=self.environment,
            provider=self.identity.provider if self.identity else "generic",
            waivers={waiver.rule: waiver.reason for waiver in self.waivers},
        )

    def naming(self, stack: str) -> Naming:
        """How the entries of the stack's kubeconfigs are called."""
        pattern = self.kubeconfig.context
        return Naming(stack=stack, environment=self.environment, context=pattern)

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> StackSettings:
        """Validate a stack file's values, keyed by the names behind `cks-access:`.

        Raises:
            SettingsError: with every finding that refuses, each with its path in the stack file.
        """
        return examine(values).accepted()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> StackSettings:
        """Read the program's configuration as the engine hands it over: JSON in text.

        Raises:
            SettingsError: as `parse`.
        """
        return cls.parse(decoded(config))


@dataclass(frozen=True)
class Examined:
    """A stack file after every check that needs no network.

    Attributes:
        settings: None where its shape is wrong.
        findings: all of them, of every level.
    """

    settings: StackSettings | None
    findings: tuple[Finding, ...]

    def accepted(self, told: Callable[[Finding], str] = str) -> StackSettings:
        """The settings of a file that nothing is wrong with.

        Args:
            told: makes a finding's line; whoever has the file says where in it that is.

        Raises:
            SettingsError: with every finding that refuses.
        """
        refusals = [told(finding) for finding in self.findings if finding.refuses]
        if self.settings is None or refusals:
            raise SettingsError(refusals)
        return self.settings


def examine(values: Mapping[str, Any]) -> Examined:
    """Apply every rule to a stack file's values, keyed by the names behind `cks-access:`.

    A file whose shape is wrong in one place is judged by all the others, so that no finding is
    held back.
    """
    settings = None
    try:
        settings = StackSettings.model_validate(values)
    except ValidationError as error:
        shape = [_wrong(_path(e["loc"]), in_words(e)) for e in error.errors()]
    else:
        shape = [
            *_purpose(settings),
            *_clusters(settings),
            *_bindings(settings),
            *_automation(settings),
            *_contexts(settings),
        ]
    told = {finding.path for finding in shape}
    judged = [f for f in rules.review(rules.read(values)) if f.path not in told]
    return Examined(settings, tuple(dict.fromkeys([*shape, *judged])))


def decoded(config: Mapping[str, Any]) -> dict[str, Any]:
    """The values of ours in a configuration, by the names behind `cks-access:`.

    The engine hands objects over as JSON in text, and so does `pulumi config set` write them. A key
    of ours behind a misspelt `cks-access:` stays as it is written, so that it is refused and not
    overlooked.
    """
    prefix = f"{PROJECT}:"
    own = {str(k): v for k, v in config.items() if str(k).startswith(prefix) or _is_astray(str(k))}
    return {key.removeprefix(prefix): _decoded(value) for key, value in own.items()}


def _is_astray(key: str) -> bool:
    project, _, name = key.partition(":")
    is_ours = name in {to_camel(field) for field in StackSettings.model_fields}
    return is_ours and bool(get_close_matches(project.lower(), [PROJECT], cutoff=0.8))


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _purpose(settings: StackSettings) -> Iterator[Finding]:
    parts: tuple[StackSettings | ClusterSettings, ...] = (settings, *settings.clusters)
    is_bound = any(
        part.bindings or part.automation or part.webhooks != WebhooksSettings() for part in parts
    )
    if settings.identity is None and not is_bound:
        yield _wrong(
            "identity",
            "is missing, and there are no bindings, no automation and no webhooks: this stack would do "
            "nothing",
        )


def _clusters(settings: StackSettings) -> Iterator[Finding]:
    first: dict[tuple[str, str], int] = {}
    for index, cluster in enumerate(settings.clusters):
        path = f"clusters[{index}]"
        if (cluster.name is None) == (cluster.id is None):
            yield _wrong(path, "write either name or id of the cluster")
            continue
        marks = {"key": cluster.key, "id": cluster.id, "name": cluster.name}
        own = [(kind, value) for kind, value in marks.items() if value is not None]
        doubled = next((mark for mark in own if mark in first), None)
        if doubled is not None:
            yield _wrong(
                path,
                f"is the same cluster, or has the same name, as clusters[{first[doubled]}] "
                f"({doubled[1]}); name each cluster once, or give it an alias",
            )
        else:
            first.update(dict.fromkeys(own, index))


def _bindings(settings: StackSettings) -> Iterator[Finding]:
    paths = {"bindings": settings.bindings}
    paths |= {f"clusters[{i}].bindings": c.bindings for i, c in enumerate(settings.clusters)}
    for path, bindings in paths.items():
        for index, binding in enumerate(bindings):
            if not binding.users and not binding.groups:
                yield _wrong(f"{path}[{index}]", "binds nobody; write users or groups")


def _automation(settings: StackSettings) -> Iterator[Finding]:
    for index, cluster in enumerate(settings.clusters):
        places = {"automation": settings.automation}
        places[f"clusters[{index}].automation"] = cluster.automation
        entries = [
            (f"{p}[{i}]", e.pipeline) for p, own in places.items() for i, e in enumerate(own)
        ]
        yield from (_wrong(path, text) for path, text in rules.clashes(entries))


def _contexts(settings: StackSettings) -> Iterator[Finding]:
    """Two kubeconfigs with one context are one when they are merged."""
    path = "kubeconfig.context"
    wrong = wrong_pattern(settings.kubeconfig.context)
    if wrong:
        yield _wrong(path, wrong)
        return
    naming, seen = settings.naming("stack"), dict[str, tuple[str, str]]()
    for cluster in settings.clusters:
        pipelines = [entry.name for entry in (*settings.automation, *cluster.automation)]
        people = [PEOPLE] if settings.identity else []
        for kind in (*people, OPERATORS, *map(of_pipeline, pipelines)):
            context = naming.entry(cluster.key, kind).context
            first = seen.setdefault(context, (cluster.key, kind))
            if first != (cluster.key, kind):
                yield _wrong(
                    path,
                    f"calls the kubeconfigs of {first[0]} for {first[1]} and of {cluster.key} for "
                    f"{kind} alike, and of two that are merged one would be lost; write {{cluster}} "
                    f'and {{kind}} into it, as in "{DEFAULT_CONTEXT}"',
                )
                return


def _path(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc).lstrip(".")


def _wrong(path: str, text: str) -> Finding:
    return Finding(level=Level.ERROR, path=path, text=text)
