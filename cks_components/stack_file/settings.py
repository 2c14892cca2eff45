"""StackSettings: the contents of a stack file. Only these models define its keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Generic, Literal, NamedTuple, TypeVar

from pydantic import Field, PrivateAttr

from cks_components.api.models import (
    AuthenticationWebhook,
    AuthorizationWebhook,
    OidcConfig,
    Webhook,
)
from cks_components.identity.preset import Provider
from cks_components.kubernetes.kubeconfig import DEFAULT_CONTEXT, Naming
from cks_components.lifecycle.policies import DEFAULT_TIMEOUT_SECONDS, OnDelete, OnDrift
from cks_components.stack_file.acknowledgement import AcknowledgementSettings
from cks_components.stack_file.addresses import AddressSettings
from cks_components.stack_file.base_model import StackFileModel
from cks_components.stack_file.expectation import ExpectationSettings
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.role import GrantSettings, RoleSettings
from cks_components.stack_file.scalar_types import (
    Environment,
    Flag,
    Namespace,
    NotNull,
    OptionalDuration,
    Seconds,
    Text,
    Uuid,
)
from cks_components.stack_file.unknown_values import PartlyKnown

T_co = TypeVar("T_co", covariant=True)
G = TypeVar("G", bound=GrantSettings)

_OIDC = {name: leaf.description for name, leaf in OidcConfig.model_fields.items()}
_WEBHOOK = {name: leaf.description for name, leaf in Webhook.model_fields.items()}
_BINDINGS = "People and groups, as the identity provider names them, and their roles."
_AUTOMATION = "Pipelines, each with a service account; by default no token is stored."
_ROLES = "Roles of this stack, which its bindings and pipelines can name."
_EXPECT = "Tests of access: who can and cannot do what; cks-access test runs them."
_WEBHOOKS = "Webhooks that kube-apiserver asks about tokens and requests."
_Ca = Annotated[
    str | None,
    Field(
        description="PEM text of the CA that signed the server's certificate; absent: the system's "
        "roots."
    ),
]
_Adopt = Annotated[
    Flag,
    Field(
        description="Whether to replace a block that this stack did not make, and restore it on destroy."
    ),
]
_OnDrift = Annotated[
    OnDrift,
    Field(
        description="What an update does with a change made by another tool or person: refuse to "
        "continue until a `pulumi refresh` has recorded the change, or overwrite it."
    ),
]
_OnDelete = Annotated[
    OnDelete,
    Field(
        description="What a destroy leaves: the block that was there before, no block, or the present one."
    ),
]


class Located(NamedTuple, Generic[T_co]):
    """A part of a stack file, and its path there, such as `clusters[1].bindings[0]`."""

    path: str
    value: T_co


class _PartlyKnownOidc(PartlyKnown, OidcConfig):
    """A block of which some leaves may not be known."""


class IdentitySettings(StackFileModel):
    """The identity provider, and how its block is managed."""

    provider: Provider = Field(
        "generic",
        description="The preset, which knows the provider's scopes and rules: docs/providers.md.",
    )
    issuer_url: str = Field(description=_OIDC["issuer_url"])
    client_id: str = Field(description=_OIDC["client_id"])
    username_claim: str | None = Field(None, description=_OIDC["username_claim"])
    username_prefix: str | None = Field(None, description=_OIDC["username_prefix"])
    groups_claim: str | None = Field(None, description=_OIDC["groups_claim"])
    groups_prefix: str | None = Field(None, description=_OIDC["groups_prefix"])
    ca: _Ca = None
    required_claim: str | None = Field(None, description=_OIDC["required_claim"])
    signing_algorithms: list[str] | None = Field(None, description=_OIDC["signing_algorithms"])
    admin_group_binding: str | None = Field(None, description=_OIDC["admin_group_binding"])
    client_secret: str | None = Field(
        None,
        repr=False,
        description="Only for kubeconfigs, if the provider requires one; set it with "
        "`pulumi config set --secret --path cks-access:identity.clientSecret`.",
    )
    extra_scopes: list[Text] = Field(
        [],
        description="Scopes that a login requests in addition to openid and the preset's scopes.",
    )
    adopt: _Adopt = False
    on_drift: _OnDrift = "refuse"
    on_delete: _OnDelete = "restore"
    handover: Annotated[
        OptionalDuration,
        Field(
            description="How long names of before a change of a prefix stay bound beside the new "
            "ones, such as 24h; absent: until the change is made.",
        ),
    ] = None
    discovery: Literal["warn", "strict", "off"] = Field(
        "warn",
        description="What a preview does if the provider's discovery document cannot be read or "
        "disagrees: warn, refuse (strict), or not read it (off).",
    )

    @property
    def oidc(self) -> OidcConfig:
        """The ten leaves as the API's block."""
        unknown = {n: value for n, value in self.unknown.items() if n in OidcConfig.model_fields}
        kind = _PartlyKnownOidc if unknown else OidcConfig
        block = kind.model_validate(
            {n: getattr(self, n) for n in OidcConfig.model_fields if n not in unknown}
        )
        if isinstance(block, PartlyKnown):
            for name, value in unknown.items():
                block.forget(name, value)
        return block


class GivenRight(NamedTuple):
    """What a binding gives to one subject in one place.

    Attributes:
        kind: `users` or `groups`.
        name: as the provider names it.
        role: as `RoleRef.text` has it.
        namespace: None for the whole cluster.
    """

    kind: str
    name: str
    role: str
    namespace: str | None

    @property
    def place(self) -> str:
        """Where, as the end of a sentence."""
        return "cluster wide" if self.namespace is None else f"in namespace {self.namespace}"


class BindingSettings(GrantSettings):
    """People and groups, as the identity provider names them, and their role."""

    users: list[Text] = Field(
        [], description="Users, as the provider names them; the prefix is added automatically."
    )
    groups: list[Text] = Field(
        [], description="Groups, as the provider names them; the prefix is added automatically."
    )

    @property
    def given(self) -> list[GivenRight]:
        """Each subject with its role and each of its places, whether or not that has ended."""
        named = [("users", name) for name in self.users]
        named += [("groups", name) for name in self.groups]
        places = [None] if self.namespaces is None else self.namespaces
        role = self.role_ref.text
        return [GivenRight(kind, name, role, place) for kind, name in named for place in places]


class WebhookSettings(StackFileModel):
    """One webhook, and how its block is managed."""

    server: str = Field(description=_WEBHOOK["server"])
    ca: _Ca = None
    adopt: _Adopt = False
    on_drift: _OnDrift = "refuse"
    on_delete: _OnDelete = "restore"


class WebhooksSettings(StackFileModel):
    """The webhooks that kube-apiserver calls for authentication and for authorization."""

    authentication: Annotated[WebhookSettings | None, NotNull] = Field(
        None,
        description="The webhook for tokens that neither OIDC nor service accounts accepted (TokenReview).",
    )
    authorization: Annotated[WebhookSettings | None, NotNull] = Field(
        None, description="The webhook for requests, in addition to RBAC (SubjectAccessReview)."
    )

    def by_kind(self, path: str) -> dict[type[Webhook], Located[WebhookSettings]]:
        """The configured webhooks, by the class of their block."""
        given = {
            AuthenticationWebhook: Located(f"{path}.authentication", self.authentication),
            AuthorizationWebhook: Located(f"{path}.authorization", self.authorization),
        }
        return {kind: Located(p, hook) for kind, (p, hook) in given.items() if hook is not None}


class AccessSettings(StackFileModel):
    """Who has access: to every cluster of the stack, or to one."""

    roles: list[RoleSettings] = Field([], description=_ROLES)
    bindings: list[BindingSettings] = Field([], description=_BINDINGS)
    automation: list[PipelineSettings] = Field([], description=_AUTOMATION)
    webhooks: WebhooksSettings = Field(WebhooksSettings.model_construct(), description=_WEBHOOKS)
    expect: list[ExpectationSettings] = Field([], description=_EXPECT)
    _now: datetime | None = PrivateAttr(None)

    def located_roles(self, start: str) -> list[Located[RoleSettings]]:
        """The roles, each with its path; `start` is the path before `roles`."""
        return [Located(f"{start}roles[{i}]", r) for i, r in enumerate(self.roles)]

    def located_expectations(self, start: str) -> list[Located[ExpectationSettings]]:
        """The tests of access, each with its path; `start` is the path before `expect`."""
        return [Located(f"{start}expect[{i}]", e) for i, e in enumerate(self.expect)]

    def located_bindings(self, start: str) -> list[Located[BindingSettings]]:
        """The bindings in force, each with its path; `start` is the path before `bindings`."""
        return self._in_force(f"{start}bindings", self.bindings)

    def located_pipelines(self, start: str) -> list[Located[PipelineSettings]]:
        """The pipelines in force, each with its path; `start` is the path before `automation`."""
        return self._in_force(f"{start}automation", self.automation)

    def left_out(self, start: str) -> list[Located[BindingSettings | PipelineSettings]]:
        """What those two lists leave out because it has ended, each with its path."""
        located: list[Located[BindingSettings | PipelineSettings]] = [
            *self._located(f"{start}bindings", self.bindings),
            *self._located(f"{start}automation", self.automation),
        ]
        return [one for one in located if self._has_ended(one.value)]

    def _in_force(self, path: str, entries: Sequence[G]) -> list[Located[G]]:
        return [one for one in self._located(path, entries) if not self._has_ended(one.value)]

    @staticmethod
    def _located(path: str, entries: Sequence[G]) -> list[Located[G]]:
        return [Located(f"{path}[{index}]", entry) for index, entry in enumerate(entries)]

    def _has_ended(self, entry: GrantSettings) -> bool:
        return self._now is not None and entry.has_ended(self._now)


class ClusterSettings(AccessSettings, AddressSettings):
    """One existing cluster, by name or by id."""

    name: Text | None = Field(
        None, description="The cluster's name, which must match exactly one cluster; or write id."
    )
    id: Uuid | None = Field(None, description="The cluster's UUID; or write name.")
    alias: Namespace | None = Field(
        None,
        description="The cluster's name in outputs and kubeconfigs; can be changed at any time.",
    )
    endpoint: Text | None = Field(
        None,
        description="The cluster's apiServerEndpoint; if pinned here, a preview sends nothing.",
    )
    roles: list[RoleSettings] = Field([], description=f"{_ROLES} In addition to the stack's.")
    bindings: list[BindingSettings] = Field(
        [], description=f"{_BINDINGS} In addition to the stack's."
    )
    automation: list[PipelineSettings] = Field(
        [], description=f"{_AUTOMATION} In addition to the stack's."
    )
    webhooks: WebhooksSettings = Field(
        WebhooksSettings.model_construct(), description=f"{_WEBHOOKS} Each replaces the stack's."
    )
    expect: list[ExpectationSettings] = Field(
        [], description=f"{_EXPECT} In addition to the stack's."
    )

    @property
    def key(self) -> str:
        """The cluster's name in resource names and outputs; empty if it has no name and no id."""
        return self.alias or self.name or self.id or ""


class KubeconfigSettings(StackFileModel):
    """The names of the entries in kubeconfigs."""

    context: Text = Field(
        DEFAULT_CONTEXT,
        description="The pattern for the names of contexts, made of {stack}, {environment}, {cluster} "
        "and {kind}.",
    )


class WaiverSettings(StackFileModel):
    """A rule that this stack breaks on purpose."""

    rule: Text = Field(description="The rule's id, such as OIDC-10.")
    reason: str = Field(
        "", description="Why this stack breaks the rule on purpose; shown with every preview."
    )


class StackSettings(AccessSettings):
    """A stack file."""

    environment: Environment = Field(
        "development", description="Determines how strict the rules are: docs/rules.md."
    )
    clusters: list[ClusterSettings] = Field(
        min_length=1, description="The clusters, each by name or id."
    )
    identity: Annotated[IdentitySettings | None, NotNull] = Field(
        None,
        description="The identity provider that the clusters trust; absent: their OIDC blocks are "
        "left alone.",
    )
    kubeconfig: KubeconfigSettings = Field(
        KubeconfigSettings.model_construct(), description="The names of the entries in kubeconfigs."
    )
    update_timeout: Seconds = Field(
        DEFAULT_TIMEOUT_SECONDS,
        description="The time limit for one change of a cluster; default 20m.",
    )
    verify: Flag = Field(
        False, description="Whether an update ends with the tests of expect on each cluster."
    )
    waivers: list[WaiverSettings] = Field(
        [], description="Rules that this stack breaks on purpose."
    )
    acknowledge: list[AcknowledgementSettings] = Field(
        [], description="Risks of the next update that somebody has seen, so that it may go on."
    )

    def in_force(self, now: datetime) -> StackSettings:
        """The same stack, of which the lists of bindings and pipelines leave out what has ended.

        The entries that are left keep their paths. Clusters that are not known stay so.
        """
        clusters = [cluster.model_copy() for cluster in self.known("clusters") or ()]
        stack = self.model_copy(update={"clusters": clusters} if clusters else None)
        for part in (stack, *clusters):
            part._now = now
        return stack

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

    def parts_on(self, cluster: int) -> list[Located[AccessSettings]]:
        """The stack itself and the cluster at an index, with the prefix of their paths."""
        own = Located(f"clusters[{cluster}].", self.clusters[cluster])
        return [Located("", self), own]

    def roles_on(self, cluster: int) -> list[Located[RoleSettings]]:
        """The roles of the cluster at an index: the stack's, then its own."""
        return [e for start, part in self.parts_on(cluster) for e in part.located_roles(start)]

    def expectations_on(self, cluster: int) -> list[Located[ExpectationSettings]]:
        """The tests of access on the cluster at an index: the stack's, then its own."""
        return [
            e for start, part in self.parts_on(cluster) for e in part.located_expectations(start)
        ]

    def bindings_on(self, cluster: int) -> list[Located[BindingSettings]]:
        """The bindings of the cluster at an index: the stack's, then its own."""
        return [e for start, part in self.parts_on(cluster) for e in part.located_bindings(start)]

    def pipelines_on(self, cluster: int) -> list[Located[PipelineSettings]]:
        """The pipelines of the cluster at an index: the stack's, then its own."""
        return [e for start, part in self.parts_on(cluster) for e in part.located_pipelines(start)]

    def webhooks_on(self, cluster: int) -> dict[type[Webhook], Located[WebhookSettings]]:
        """The webhooks of the cluster at an index: for each kind its own, else the stack's."""
        own = self.clusters[cluster].webhooks.by_kind(f"clusters[{cluster}].webhooks")
        return self.webhooks.by_kind("webhooks") | own
