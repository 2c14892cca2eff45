"""StackSettings: the contents of a stack file. Only these models define its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

from pydantic import Field

from cks_components.api.models import (
    AuthenticationWebhook,
    AuthorizationWebhook,
    OidcConfig,
    Webhook,
)
from cks_components.identity.providers import Provider
from cks_components.kubernetes.kubeconfig import DEFAULT_CONTEXT, Naming
from cks_components.lifecycle.block import OnDelete, OnDrift
from cks_components.lifecycle.waiting import DEFAULT_TIMEOUT_SECONDS
from cks_components.stack_file.addresses import AddressSettings
from cks_components.stack_file.part import Part
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.value import Namespace, Namespaces, Seconds, Text, Uuid

Environment = Literal["development", "staging", "production"]
T_co = TypeVar("T_co", covariant=True)


class Located(NamedTuple, Generic[T_co]):
    """A part of a stack file, and its path there, such as `clusters[1].bindings[0]`."""

    path: str
    value: T_co


class IdentitySettings(Part):
    """The identity provider, and how its block is managed."""

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


class BindingSettings(Part):
    """People and groups, as the identity provider names them, and their role."""

    unreadable: ClassVar[Mapping[str, Any]] = {"namespaces": []}

    cluster_role: Text
    users: list[Text] = []
    groups: list[Text] = []
    namespaces: Namespaces = None


class WebhookSettings(Part):
    """One webhook, and how its block is managed."""

    server: str
    ca: str | None = None
    adopt: bool = False
    on_drift: OnDrift = "refuse"
    on_delete: OnDelete = "restore"


class WebhooksSettings(Part):
    """The webhooks that kube-apiserver calls for authentication and for authorization."""

    authentication: WebhookSettings | None = None
    authorization: WebhookSettings | None = None

    def by_kind(self, path: str) -> dict[type[Webhook], Located[WebhookSettings]]:
        """The configured webhooks, by the class of their block."""
        given = {
            AuthenticationWebhook: Located(f"{path}.authentication", self.authentication),
            AuthorizationWebhook: Located(f"{path}.authorization", self.authorization),
        }
        return {kind: Located(p, hook) for kind, (p, hook) in given.items() if hook is not None}


class AccessSettings(Part):
    """Who has access: to every cluster of the stack, or to one."""

    bindings: list[BindingSettings] = []
    automation: list[PipelineSettings] = []
    webhooks: WebhooksSettings = WebhooksSettings()

    def located_bindings(self, start: str) -> list[Located[BindingSettings]]:
        """The bindings, each with its path; `start` is the path before `bindings`."""
        return [Located(f"{start}bindings[{i}]", b) for i, b in enumerate(self.bindings)]

    def located_pipelines(self, start: str) -> list[Located[PipelineSettings]]:
        """The pipelines, each with its path; `start` is the path before `automation`."""
        return [Located(f"{start}automation[{i}]", p) for i, p in enumerate(self.automation)]


class ClusterSettings(AccessSettings, AddressSettings):
    """One existing cluster, by name or by id."""

    name: Text | None = None
    id: Uuid | None = None
    alias: Namespace | None = None
    endpoint: Text | None = None

    @property
    def key(self) -> str:
        """The cluster's name in resource names and outputs."""
        return self.alias or self.name or str(self.id)


class KubeconfigSettings(Part):
    """The names of the entries in kubeconfigs."""

    context: Text = DEFAULT_CONTEXT


class WaiverSettings(Part):
    """A rule that this stack breaks on purpose."""

    rule: Text
    reason: str = ""


class StackSettings(AccessSettings):
    """A stack file."""

    environment: Environment = "development"
    clusters: Annotated[list[ClusterSettings], Field(min_length=1)]
    identity: IdentitySettings | None = None
    kubeconfig: KubeconfigSettings = KubeconfigSettings()
    update_timeout: Seconds = DEFAULT_TIMEOUT_SECONDS
    waivers: list[WaiverSettings] = []

    @property
    def oidc(self) -> OidcConfig:
        """The block that the clusters get; unset if the stack does not manage it."""
        return self.identity.oidc if self.identity else OidcConfig()

    def naming(self, stack: str) -> Naming:
        """The names of the entries in the stack's kubeconfigs."""
        pattern = self.kubeconfig.context
        return Naming(stack=stack, environment=self.environment, context=pattern)

    def parts(self) -> list[Located[AccessSettings]]:
        """The stack itself and each cluster, with the prefix of their paths."""
        clusters = enumerate(self.clusters)
        return [Located("", self), *(Located(f"clusters[{i}].", c) for i, c in clusters)]

    def bindings_on(self, cluster: int) -> list[Located[BindingSettings]]:
        """The bindings of the cluster at an index: the stack's, then its own."""
        return [
            *self.located_bindings(""),
            *self.clusters[cluster].located_bindings(f"clusters[{cluster}]."),
        ]

    def pipelines_on(self, cluster: int) -> list[Located[PipelineSettings]]:
        """The pipelines of the cluster at an index: the stack's, then its own."""
        return [
            *self.located_pipelines(""),
            *self.clusters[cluster].located_pipelines(f"clusters[{cluster}]."),
        ]

    def webhooks_on(self, cluster: int) -> dict[type[Webhook], Located[WebhookSettings]]:
        """The webhooks of the cluster at an index: for each kind its own, else the stack's."""
        own = self.clusters[cluster].webhooks.by_kind(f"clusters[{cluster}].webhooks")
        return self.webhooks.by_kind("webhooks") | own
