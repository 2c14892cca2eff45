"""The parts of a cluster that this project reads and writes, as the CKS API (v1beta1) has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from cks_components.api.certificates import canonical_ca

ALGORITHM_PREFIX = "SIGNING_ALGORITHM_"
_ALGORITHM_NUMBERS = {0: f"{ALGORITHM_PREFIX}UNSPECIFIED", 1: f"{ALGORITHM_PREFIX}RS256"}
_STATUS_NUMBERS = dict(
    enumerate(
        (
            "UNSPECIFIED",
            "CREATING",
            "UPDATING",
            "RUNNING",
            "DELETING",
            "DELETED",
            "ERROR",
            "FAILED",
            "UPGRADING",
            "UPGRADE_FAILED",
        )
    )
)
_UNSET: tuple[Any, ...] = ("", [], {}, ())

B = TypeVar("B", bound="Block")


class _Wire(BaseModel):
    """Reads camelCase and snake_case, ignores fields it does not know, cannot be changed."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        frozen=True,
        defer_build=True,  # a process reads few of the models
    )


class Block(_Wire):
    """A part of a cluster that one resource owns: leaves that are read, compared and written.

    Absent, null, "", [] and {} are all None, so two blocks mean the same exactly when they are
    equal; a CA is compared by certificate. The fields of a subclass are the only list of its
    leaves: wire names, mask paths, differences and the resource's properties follow from them.
    """

    model_config = ConfigDict(extra="forbid")  # catches misspelt arguments; `read` is lenient

    field: ClassVar[str]
    """The cluster's field, as the API spells it."""
    title: ClassVar[str]
    """The block as messages name it."""
    essential: ClassVar[tuple[str, ...]]
    """The leaves that a block must have."""

    @model_validator(mode="before")
    @classmethod
    def _fold_unset(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: None if v in _UNSET else v for k, v in value.items()}
        return value

    @field_validator("ca", check_fields=False)  # every block has such a leaf
    @classmethod
    def _canonical_ca(cls, value: str | None) -> str | None:
        return None if value is None else canonical_ca(value)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Read a block that another program wrote, and ignore unknown leaves."""
        return cls.model_validate(values, extra="ignore")

    @classmethod
    def leaves(cls) -> dict[str, str]:
        """The leaves by their names here, as the API spells them."""
        return {name: str(field.alias) for name, field in cls.model_fields.items()}

    @property
    def is_unset(self) -> bool:
        """Whether no leaf has a value, so that the cluster has no such block."""
        return self == type(self)()

    @property
    def is_whole(self) -> bool:
        """Whether it may be written: the API or kube-apiserver refuses an incomplete block."""
        return all(getattr(self, leaf) is not None for leaf in self.essential)

    def wire(self) -> dict[str, Any]:
        """Return the leaves that have a value, as the API spells them."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class OidcConfig(Block):
    """The ten leaves of a cluster's `oidc` block (schema; cks-api section 4).

    The stack file's keys follow from it too. The algorithms are compared as a set.
    """

    field = "oidc"
    title = "OIDC"
    essential = ("issuer_url", "client_id")

    issuer_url: str | None = Field(
        None, description="The issuer, exactly as the tokens' `iss` says it, slash included."
    )
    client_id: str | None = Field(None, description="Must be in the token's `aud`.")
    username_claim: str | None = Field(
        None, description="The claim that names the user; kube-apiserver's default is `sub`."
    )
    username_prefix: str | None = Field(
        None,
        description="Put in front of user names as it is; `-` means no prefix. Unset, it is "
        "`<issuerUrl>#`, but no prefix for the claim `email` (kube-apiserver).",
    )
    groups_claim: str | None = Field(
        None, description="The claim that lists the groups; unset, users have no groups."
    )
    groups_prefix: str | None = Field(
        None, description="Put in front of group names as it is; `-` is not special here."
    )
    ca: str | None = Field(
        None, description="Base64 of the PEM text of the issuer's CA; unset, the system's roots."
    )
    required_claim: str | None = Field(
        None, description="One `key=value` that a token must carry as text."
    )
    signing_algorithms: tuple[str, ...] | None = Field(
        None, description="Accepted signature algorithms; CKS supports RS256 only."
    )
    admin_group_binding: str | None = Field(
        None, description="A group that CKS binds to cluster-admin for bootstrap access."
    )

    @field_validator("signing_algorithms", mode="before")
    @classmethod
    def _algorithms_as_a_set(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        names = {_algorithm(v) for v in value} - {_ALGORITHM_NUMBERS[0]}
        return tuple(sorted(names)) or None


class Webhook(Block):
    """The two leaves of a webhook's block (schema; cks-api section 2)."""

    essential = ("server",)

    server: str | None = Field(None, description="The https URL that kube-apiserver asks.")
    ca: str | None = Field(
        None, description="Base64 of the PEM text of the server's CA; unset, the system's roots."
    )


class AuthenticationWebhook(Webhook):
    """The webhook that reviews tokens that no other authenticator accepted (TokenReview)."""

    field = "authnWebhook"
    title = "the authentication webhook"


class AuthorizationWebhook(Webhook):
    """Who is asked about requests beside RBAC (SubjectAccessReview)."""

    field = "authzWebhook"
    title = "the authorization webhook"


def label(cluster_id: str, name: str) -> str:
    """A cluster as messages name it: name and id, or the id alone if the name is not known."""
    return f"{name} ({cluster_id})" if name else cluster_id


class Cluster(_Wire):
    """A cluster as the API shows it; fields that this project does not use are left out."""

    id: str
    name: str = ""
    zone: str = ""
    version: str | None = None
    public: bool = False
    status: str = "UNSPECIFIED"
    api_server_endpoint: str = ""
    oidc: OidcConfig = Field(default_factory=OidcConfig)
    authn_webhook: AuthenticationWebhook = Field(default_factory=AuthenticationWebhook)
    authz_webhook: AuthorizationWebhook = Field(default_factory=AuthorizationWebhook)

    @model_validator(mode="before")
    @classmethod
    def _drop_null(cls, value: Mapping[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in value.items() if v is not None}

    @field_validator("status", mode="before")
    @classmethod
    def _short_status(cls, value: Any) -> str:
        if isinstance(value, int | float):
            return _STATUS_NUMBERS.get(int(value), str(int(value)))
        return str(value).removeprefix("STATUS_")

    @property
    def label(self) -> str:
        """The cluster as messages name it: name and id."""
        return label(self.id, self.name)

    def block(self, kind: type[B]) -> B:
        """Return the live block of a kind; one without values where the cluster has none."""
        return next(v for _, v in self if isinstance(v, kind))


class Principal(_Wire):
    """Who a token belongs to (`whoami`; seen in the vendor's clients, not in the schema)."""

    uid: str = ""
    org_uid: str = ""

    @classmethod
    def from_answer(cls, body: Mapping[str, Any]) -> Self:
        """Read the `principal` of a whoami answer; a missing one is an empty principal."""
        return cls.model_validate(body.get("principal") or {})


def _algorithm(value: Any) -> str:
    if isinstance(value, int | float):
        return _ALGORITHM_NUMBERS.get(int(value), str(int(value)))
    text = str(value)
    return text if text.startswith(ALGORITHM_PREFIX) else f"{ALGORITHM_PREFIX}{text}"
