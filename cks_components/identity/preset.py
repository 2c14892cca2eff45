"""A preset: what is known of one identity provider, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Literal

from cks_components.api.urls import host_of

Provider = Literal[
    "google",
    "okta",
    "entra",
    "keycloak",
    "auth0",
    "dex",
    "github",
    "gitlab",
    "cognito",
    "jumpcloud",
    "onelogin",
    "pingfederate",
    "authentik",
    "zitadel",
    "teleport",
    "generic",
]
Slash = Literal["always", "never"]
ClaimType = Literal["text", "number", "boolean", "list", "object", "list of objects"]
"""The type of a claim's value in JSON; a list without a further word holds texts."""

REDIRECT_URIS = ("http://localhost:8000", "http://localhost:18000")
"""The URIs on which kubelogin listens (the second if the first is busy); register exactly these."""
ANY_CLAIM = "*"
NO_PATH = re.compile("")
"""The `issuer_path` of a provider whose issuers are hosts alone."""
CLAIMS_OF_PEOPLE = ("email", "preferred_username", "upn", "oid", "tid", "hd")
CLAIMS_OF_JOBS = (
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "project_id",
    "project_path",
    "namespace_id",
    "namespace_path",
)


@dataclass(frozen=True)
class Form:
    """The form of a text, such as the values of a username claim.

    Attributes:
        what: a description for messages.
        pattern: matches every text of this form.
        is_certain: False if the provider can be set up to use another form.
    """

    what: str
    pattern: re.Pattern[str]
    is_certain: bool = True


ADDRESS = Form("an address", re.compile(r"[^@\s]+@[^@\s]+"))
USUALLY_ADDRESS = replace(ADDRESS, is_certain=False)
# An id can end in an address: a federated id is, for example, "samlp|acme|a@b.example".
OPAQUE = Form("an id, not an address", re.compile(r"(?![^@\s:|]+@[^@\s]+$).+"))
USUALLY_OPAQUE = replace(OPAQUE, is_certain=False)
NUMBER = Form("a number", re.compile(r"\d+"))
USUALLY_NUMBER = replace(NUMBER, is_certain=False)
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A GUID in lower case, as providers send it."""


@dataclass(frozen=True, kw_only=True)
class ScopeRules:
    """The scopes that a provider accepts in a log-in.

    Attributes:
        refused: scopes that make every log-in fail, and what to do instead.
        accepted: matches the scopes that exist; None if an administrator decides.
        is_certain: whether a scope that does not match makes every log-in fail; False if an
            administrator can add scopes.
    """

    refused: Mapping[str, str] = field(default_factory=dict)
    accepted: re.Pattern[str] | None = None
    is_certain: bool = True


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One identity provider: what it needs, what it sends, and what it cannot do.

    Attributes:
        variant: what sets this preset apart, where a provider has several; empty for the first.
        title: its name in messages.
        issuer: the form of its issuer, as text for the documentation.
        hosts: the hosts that only this provider has, with the slash of their issuers; `*` stands
            for any text.
        slash: whether issuers on other hosts end in a slash; None if only discovery says so.
        issuer_path: the paths of its issuers, without a slash at the end; None if any is possible.
        client: the client to register at the provider.
        client_ids: the form of its client ids; None if any is possible.
        scopes: the scopes that carry the claims, besides `openid`.
        scope_rules: which further scopes it accepts.
        username: the usual username claims, as text for the documentation.
        groups: how groups get into the token, as text for the documentation.
        cannot: its limits and surprises, one sentence each.
        sources: where these facts were read.
        people_log_in: False for issuers of pipelines, where no person can log in.
        wants_secret: whether its token endpoint requires a client secret even with PKCE.
        announces_pkce: whether discovery says that S256 is supported.
        email_trap: why logins by the claim `email` may be refused, and what to do instead.
        never_sends: groups claims that its tokens never contain, and what to do instead.
        seldom_sends: groups claims that only a special set-up adds, as the rest of a sentence.
        unrequested_groups: what to do where the groups come only with a scope that log-ins do not
            ask for.
        groups_trap: what is wrong with a group that is not written as a path.
        groups_limit: what happens to the claim `groups` of a user in too many groups.
        user_names: the known values of username claims.
        no_claims: claims that other providers send and this one does not.
        claim_types: the types of claims, by name or by a pattern with `*`; None if the type
            depends on the user or on the set-up.
        sends_text: whether every claim of its own is text, apart from those in `claim_types`.
        groups_are_ids: whether the claim `groups` lists GUIDs and not names.
        required_keys: the claims, one of which `requiredClaim` should pin on the public hosts.
        required_trap: who can log in without that, and what to write.
    """

    provider: Provider
    variant: str = ""
    title: str
    issuer: str
    client: str
    username: str
    groups: str
    cannot: tuple[str, ...]
    sources: tuple[str, ...] = ()
    hosts: Mapping[str, Slash] = field(default_factory=dict)
    slash: Slash | None = None
    issuer_path: re.Pattern[str] | None = None
    client_ids: Form | None = None
    scopes: tuple[str, ...] = ()
    scope_rules: ScopeRules = ScopeRules()
    people_log_in: bool = True
    wants_secret: bool = False
    announces_pkce: bool = True
    email_trap: str = ""
    never_sends: Mapping[str, str] = field(default_factory=dict)
    seldom_sends: Mapping[str, str] = field(default_factory=dict)
    unrequested_groups: str = ""
    groups_limit: str = ""
    groups_trap: str = ""
    user_names: Mapping[str, Form] = field(default_factory=dict)
    no_claims: tuple[str, ...] = ()
    claim_types: Mapping[str, ClaimType | None] = field(default_factory=dict)
    sends_text: bool = False
    groups_are_ids: bool = False
    required_keys: tuple[str, ...] = ()
    required_trap: str = ""

    @property
    def name(self) -> str:
        """The provider and the variant, as in the name of the worked stack file."""
        return f"{self.provider}-{self.variant}" if self.variant else self.provider

    @property
    def name_in_text(self) -> str:
        """Its name within a sentence."""
        return "the provider" if self.provider == "generic" else self.title

    @property
    def prefix(self) -> str:
        """The prefix for its names that messages and examples suggest."""
        return "oidc:" if self.provider == "generic" else f"{self.provider}:"

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """The redirect URIs to register; none if people cannot log in."""
        return REDIRECT_URIS if self.people_log_in else ()

    @property
    def sends_groups(self) -> bool:
        """Whether its tokens can contain a groups claim."""
        return ANY_CLAIM not in self.never_sends

    @property
    def admits_groups(self) -> bool:
        """Whether people log in with groups."""
        return self.people_log_in and self.sends_groups

    @property
    def claim_of_addresses(self) -> str:
        """The username claim for people who are bound by their addresses."""
        return "preferred_username" if self.email_trap else "email"

    def is_home_of(self, issuer_url: str | None) -> bool:
        """Whether the issuer is on one of this provider's own hosts."""
        return self._own_slash(issuer_url) is not None

    def slash_of(self, issuer_url: str) -> Slash | None:
        """Whether this issuer must end in a slash; None if only discovery says so."""
        return self._own_slash(issuer_url) or self.slash

    def _own_slash(self, issuer_url: str | None) -> Slash | None:
        host = host_of(issuer_url)
        slashes = (slash for name, slash in self.hosts.items() if fnmatchcase(host, name))
        return next(slashes, None)
