"""The identity providers: a preset for each, and the hosts by which their issuers are recognised.

The rules, the kubeconfigs and the documentation take these facts from here and do not repeat them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

Provider = Literal[
    "google", "okta", "entra", "keycloak", "auth0", "dex", "github", "gitlab", "generic"
]
Slash = Literal["always", "never"]

REDIRECT_URIS = ("http://localhost:8000", "http://localhost:18000")
"""The URIs on which kubelogin listens (the second if the first is busy); register exactly these."""
ANY_CLAIM = "*"
_OF_PEOPLE = ("email", "preferred_username", "upn", "oid", "tid", "hd")
_OF_JOBS = (
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "project_id",
    "project_path",
    "namespace_id",
    "namespace_path",
)
_SERVICE_ACCOUNT_ISSUER = "https://oidc.cks.coreweave.com/id/"


@dataclass(frozen=True)
class Sent:
    """The values of a username claim.

    Attributes:
        what: a description for messages.
        form: the pattern that every value matches.
        is_certain: False if the provider can be set up to send something else.
    """

    what: str
    form: re.Pattern[str]
    is_certain: bool = True


ADDRESS = Sent("an address", re.compile(r"[^@\s]+@[^@\s]+"))
_USUALLY_ADDRESS = Sent(ADDRESS.what, ADDRESS.form, is_certain=False)
# An id can end in an address: a federated id is, for example, "samlp|acme|a@b.example".
_OPAQUE = Sent("an id, not an address", re.compile(r"(?![^@\s:|]+@[^@\s]+$).+"))
_USUALLY_OPAQUE = Sent(_OPAQUE.what, _OPAQUE.form, is_certain=False)
_GUID = Sent("an object id (GUID)", re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"))


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One identity provider: what it needs, what it sends, and what it cannot do.

    Attributes:
        title: its name in messages.
        issuer: the form of its issuer, as text for the documentation.
        hosts: the hosts that only this provider has, with the slash of their issuers; a name that
            begins with a dot stands for every host below it.
        slash: whether issuers on other hosts end in a slash; None if only discovery says so.
        client: the client to register at the provider.
        scopes: the scopes that carry the claims, besides `openid`.
        username: the usual username claims, as text for the documentation.
        groups: how groups get into the token, as text for the documentation.
        cannot: its limits and surprises, one sentence each.
        people_log_in: False for issuers of pipelines, where no person can log in.
        wants_secret: whether its token endpoint requires a client secret even with PKCE.
        announces_pkce: whether discovery says that S256 is supported.
        email_trap: why logins by the claim `email` may be refused, and what to do instead.
        never_sends: groups claims that its tokens never contain, and what to do instead.
        groups_trap: what is wrong with a group that is not written as a path.
        groups_limit: what happens to the claim `groups` of a user in too many groups.
        user_names: the known values of username claims.
        no_claims: claims that other providers send and this one does not.
        groups_are_ids: whether the claim `groups` lists GUIDs and not names.
        required_keys: the claims, one of which `requiredClaim` should pin on the public hosts.
        required_trap: who can log in without that, and what to write.
    """

    provider: Provider
    title: str
    issuer: str
    client: str
    username: str
    groups: str
    cannot: tuple[str, ...]
    hosts: Mapping[str, Slash] = field(default_factory=dict)
    slash: Slash | None = None
    scopes: tuple[str, ...] = ()
    people_log_in: bool = True
    wants_secret: bool = False
    announces_pkce: bool = True
    email_trap: str = ""
    never_sends: Mapping[str, str] = field(default_factory=dict)
    groups_limit: str = ""
    groups_trap: str = ""
    user_names: Mapping[str, Sent] = field(default_factory=dict)
    no_claims: tuple[str, ...] = ()
    groups_are_ids: bool = False
    required_keys: tuple[str, ...] = ()
    required_trap: str = ""

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
        for name, slash in self.hosts.items():
            if host == name or (name.startswith(".") and host.endswith(name)):
                return slash
        return None


def preset(provider: Provider, issuer_url: str | None) -> Preset:
    """The preset of an issuer: the one that has its host, else that of `provider`."""
    owners = (p for p in PRESETS.values() if p.is_home_of(issuer_url))
    return next(owners, PRESETS[provider])


def host_of(issuer_url: str | None) -> str:
    """The host of a URL in lower case; empty where there is none."""
    try:
        return urlsplit(issuer_url or "").hostname or ""
    except ValueError:
        return ""


def service_account_issuer(cluster_id: str) -> str:
    """The issuer of a cluster's own service accounts (the API does not return it)."""
    return f"{_SERVICE_ACCOUNT_ISSUER}{cluster_id}"


_ALL: tuple[Preset, ...] = (
    Preset(
        provider="google",
        title="Google",
        issuer="`https://accounts.google.com`",
        hosts={"accounts.google.com": "never"},
        slash="never",
        client='an OAuth client of the type "desktop app"',
        scopes=("email",),
        wants_secret=True,
        username="`email`, always verified",
        user_names={"email": ADDRESS, "sub": Sent("a number", re.compile(r"\d+"))},
        no_claims=("preferred_username", "upn", "oid", "tid", *_OF_JOBS),
        groups="never in the token",
        never_sends={ANY_CLAIM: "bind users, or use a broker (Dex, Keycloak) that adds groups"},
        required_keys=("hd",),
        required_trap="every Google account can log in, including private ones; write "
        '"hd=<your domain>"',
        cannot=(
            "The token never carries groups: bind users, or use a broker.",
            "Its token endpoint requires the client's secret, even for a desktop app; the "
            "kubeconfig then contains the secret and is a secret output.",
            "It refuses the scope `offline_access`.",
            "Consumer accounts can log in too: require `hd=<domain>`.",
        ),
    ),
    Preset(
        provider="okta",
        title="Okta",
        issuer="`https://ORG.okta.com`, `https://ORG.okta.com/oauth2/default` or `…/oauth2/<id>`",
        hosts={".okta.com": "never", ".oktapreview.com": "never", ".okta-emea.com": "never"},
        slash="never",
        client="a native application, public, with PKCE",
        scopes=("email", "groups", "offline_access"),
        username="`email`, or `preferred_username` with a prefix",
        user_names={"email": ADDRESS, "sub": _USUALLY_OPAQUE},
        groups="a groups claim with a filter, set up by hand; the organisation's own server puts "
        "it into ID tokens only",
        email_trap="Okta marks directory users as unverified, so kube-apiserver refuses them; "
        "mark them as verified, or use preferred_username",
        cannot=(
            "Users from a directory have `email_verified: false` and are refused with the claim "
            "`email`.",
            "The list of groups is cut at 100 without a warning: filter the claim.",
            "Custom authorization servers are an add-on.",
        ),
    ),
    Preset(
        provider="entra",
        title="Entra",
        issuer="`https://login.microsoftonline.com/<tenant GUID>/v2.0`; for v1 tokens "
        "`https://sts.windows.net/<tenant GUID>/`",
        hosts={
            "login.microsoftonline.com": "never",
            "login.microsoftonline.us": "never",
            "login.partner.microsoftonline.cn": "never",
            "sts.windows.net": "always",
        },
        client='a registration of the platform "mobile and desktop", public; "Web" needs a secret',
        scopes=("email", "profile", "offline_access"),
        announces_pkce=False,
        username="`preferred_username`, `upn` (an optional claim) or `oid` (stable), with a prefix",
        user_names={
            "email": ADDRESS,
            "upn": ADDRESS,
            "oid": _GUID,
            "sub": _OPAQUE,
            "preferred_username": _USUALLY_ADDRESS,
        },
        groups="object ids (GUIDs), nested groups included; or app roles in the claim `roles`",
        email_trap="email is optional, changeable and unverified at Entra; use preferred_username "
        "or oid with a prefix",
        groups_limit="for a user in more than 200 groups Entra sends no list, so the login is "
        'refused; choose "groups assigned to the application" or app roles',
        groups_are_ids=True,
        cannot=(
            "For a user in more than 200 groups it sends no list, so the user cannot log in: "
            'choose "groups assigned to the application", or app roles with the claim `roles`.',
            "`common` and `organizations` never match: tokens name the tenant.",
            "Discovery does not announce PKCE; the kubeconfig uses S256 anyway.",
            "It ignores the port of a loopback redirect URI.",
        ),
    ),
    Preset(
        provider="keycloak",
        title="Keycloak",
        issuer="`https://HOST/realms/NAME`; before version 17 `https://HOST/auth/realms/NAME`",
        slash="never",
        client='a public client with the "standard flow" and PKCE',
        scopes=("email", "offline_access"),
        username="`preferred_username` with a prefix, or `email`",
        user_names={"email": _USUALLY_ADDRESS, "sub": _USUALLY_OPAQUE},
        groups='a Group Membership mapper; with "full group path" a group is called `/eng/ops`',
        groups_trap='is a name, but Keycloak\'s mapper sends a path such as "/eng/ops" unless its '
        '"Full group path" is off; write the path, or turn it off and waive OIDC-21',
        email_trap="Keycloak marks users created by an administrator as unverified, "
        "so kube-apiserver refuses them; verify the addresses, or use preferred_username",
        cannot=(
            "Users created by an administrator are unverified.",
            "Roles are nested in `realm_access`, which kube-apiserver cannot read: map them to a "
            "top-level claim.",
            "The control plane cannot reach a private host.",
            "Users created by a realm import have no default roles, so the scope `offline_access` "
            "is refused: grant them `default-roles-REALM`.",
            "The scope `groups` exists only if the realm defines it; if so, add it to "
            "`extraScopes`.",
        ),
    ),
    Preset(
        provider="auth0",
        title="Auth0",
        issuer="`https://TENANT.REGION.auth0.com/`, custom domains also end in a slash",
        hosts={".auth0.com": "always"},
        slash="always",
        client="a native application",
        scopes=("email", "profile", "offline_access"),
        username="`email`, or `sub` with a prefix",
        user_names={
            "email": ADDRESS,
            "sub": Sent('an id such as "auth0|5f7c8ec7"', re.compile(r".+\|.+"), is_certain=False),
        },
        groups="by an Action, under a namespaced name such as `https://acme.example/groups`",
        never_sends={
            "groups": "let an Action add the claim under a namespaced name, such as "
            '"https://acme.example/groups", and write that name'
        },
        cannot=(
            "The claim `groups` is reserved: an Action has to use a namespaced name.",
            "Old applications sign with HS256: set RS256.",
        ),
    ),
    Preset(
        provider="dex",
        title="Dex",
        issuer="the `issuer` of its configuration, byte for byte",
        client="a static client with `public: true`",
        scopes=("email", "groups", "profile", "offline_access"),
        username="`email`, or `preferred_username` with a prefix; `sub` is opaque",
        user_names={"email": _USUALLY_ADDRESS, "sub": _OPAQUE},
        groups="the scope `groups`, if the connector has groups",
        cannot=(
            "The connector behind it decides which claims exist.",
            "The control plane must reach it, so a Dex inside a private network does not work.",
        ),
    ),
    Preset(
        provider="github",
        title="GitHub Actions",
        issuer="`https://token.actions.githubusercontent.com` (an enterprise may append `/<slug>`); "
        "`https://token.actions.SUB.ghe.com`; `https://HOST/_services/token`",
        hosts={"token.actions.githubusercontent.com": "never"},
        slash="never",
        client="none; `clientId` is an audience of your choice that the job asks for",
        people_log_in=False,
        username='`sub` with the prefix `"github:"`',
        no_claims=(*_OF_PEOPLE, "project_id", "project_path", "namespace_id", "namespace_path"),
        groups="none; `environment` or `repository_owner` can serve as a group of one",
        never_sends={"groups": 'remove it, or write "environment" or "repository_owner"'},
        required_keys=("repository_owner_id", "repository_id", "enterprise_id"),
        required_trap="jobs of every repository in the world can log in; write "
        '"repository_owner_id=<id of your organisation>"',
        cannot=(
            "People cannot log in with it, so there is no kubeconfig for them.",
            "`sub` has two forms since July 2026: bind both while repositories change over.",
            "The default audience is the owner's URL: the job has to ask for a fixed one.",
            "A pull request's job has a token too: bind `environment:` subjects.",
        ),
    ),
    Preset(
        provider="gitlab",
        title="GitLab CI",
        issuer="`https://gitlab.com` or your own host",
        hosts={"gitlab.com": "never"},
        slash="never",
        client="none; `clientId` is the `aud` in the job's `id_tokens`",
        people_log_in=False,
        username='`sub` with the prefix `"gitlab:"` (`project_path:G/P:ref_type:branch:ref:main`)',
        groups="none",
        never_sends={"groups": "remove it and bind users by their sub"},
        required_keys=("namespace_id", "project_id"),
        required_trap="jobs of every project on gitlab.com can log in; write "
        '"namespace_id=<id of your group>"',
        cannot=(
            "People cannot log in with it here, so there is no kubeconfig for them.",
            "Merge requests from forks carry the fork's project claims.",
            "A project can reconfigure the form of its `sub`.",
        ),
    ),
    Preset(
        provider="generic",
        title="Any other provider",
        issuer="the `issuer` of its discovery document, byte for byte",
        client="a public client with PKCE, if it offers that",
        scopes=("email",),
        username="`email`, or any other claim with a prefix",
        user_names={"email": _USUALLY_ADDRESS},
        groups="as the provider says",
        cannot=("Nothing is known about it: rely on the discovery check (OIDC-16).",),
    ),
)

PRESETS: Mapping[Provider, Preset] = {p.provider: p for p in _ALL}
"""Every preset by its name, in the order of the documentation."""
