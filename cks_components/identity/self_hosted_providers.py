"""Providers of people that an organisation runs itself, or of which nothing is known."""

from __future__ import annotations

import re

from cks_components.identity.preset import (
    ADDRESS,
    CLAIMS_OF_JOBS,
    NO_PATH,
    NUMBER,
    OPAQUE,
    USUALLY_ADDRESS,
    USUALLY_NUMBER,
    USUALLY_OPAQUE,
    Preset,
    ScopeRules,
)

KEYCLOAK = Preset(
    provider="keycloak",
    title="Keycloak",
    issuer="`https://HOST/realms/NAME`; before version 17 `https://HOST/auth/realms/NAME`",
    slash="never",
    issuer_path=re.compile(r"(/.+)?/realms/[^/]+"),
    client='a public client with the "standard flow" and PKCE',
    scopes=("email", "offline_access"),
    username="`preferred_username` with a prefix, or `email`",
    user_names={"email": USUALLY_ADDRESS, "sub": USUALLY_OPAQUE},
    claim_types={
        "groups": "list",
        "realm_access": "object",
        "resource_access": "object",
        "allowed-origins": "list",
    },
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
        "The scope `groups` exists only if the realm defines it; if so, add it to `extraScopes`.",
    ),
)
DEX = Preset(
    provider="dex",
    title="Dex",
    issuer="the `issuer` of its configuration, byte for byte",
    client="a static client with `public: true`",
    scopes=("email", "groups", "profile", "offline_access"),
    scope_rules=ScopeRules(
        accepted=re.compile(
            r"openid|email|profile|groups|offline_access|federated:id|audience:server:client_id:\S+"
        )
    ),
    username="`email`, or `preferred_username` with a prefix; `sub` is opaque",
    user_names={"email": USUALLY_ADDRESS, "sub": OPAQUE},
    claim_types={"groups": "list", "federated_claims": "object"},
    groups="the scope `groups`, if the connector has groups",
    cannot=(
        "The connector behind it decides which claims exist.",
        "It refuses every scope but `email`, `profile`, `groups`, `offline_access`, "
        "`federated:id` and `audience:server:client_id:<id>`.",
        "The control plane must reach it, so a Dex inside a private network does not work.",
    ),
)
GITLAB = Preset(
    provider="gitlab",
    variant="people",
    title="GitLab",
    issuer="`https://gitlab.com` or your own host",
    hosts={"gitlab.com": "never"},
    slash="never",
    client="an application with the scopes `openid` and `email`, not confidential; `clientId` is "
    "its application id",
    scopes=("email",),
    scope_rules=ScopeRules(
        refused=dict.fromkeys(
            ("groups", "offline_access"),
            "remove it, because GitLab has no such scope (the groups are in every ID token)",
        ),
    ),
    username="`email`, or `preferred_username` with a prefix; `sub` is the user's number",
    user_names={"email": ADDRESS, "sub": NUMBER},
    no_claims=("upn", "oid", "tid", "hd", *CLAIMS_OF_JOBS),
    claim_types={
        "groups_direct": "list",
        "groups": "list",
        "https://gitlab.org/claims/groups/*": "list",
    },
    groups="`groups_direct`, the full paths of the groups that a user is a direct member of "
    "(`acme/platform`)",
    never_sends=dict.fromkeys(
        (
            "groups",
            "https://gitlab.org/claims/groups/owner",
            "https://gitlab.org/claims/groups/maintainer",
            "https://gitlab.org/claims/groups/developer",
        ),
        "GitLab gives it only to those who ask its userinfo endpoint, which kube-apiserver does "
        'not; write "groups_direct"',
    ),
    cannot=(
        "Only direct members of a group have it in `groups_direct`: a member of `acme` is not in "
        "`acme/platform`, and the reverse.",
        "`groups`, with inherited groups, is never in an ID token.",
        "There are no scopes `groups` and `offline_access`.",
        "Every user of gitlab.com who may use the application can log in; without a binding that "
        "gives no rights.",
        "Jobs of GitLab CI have the same issuer but another audience, and a cluster accepts one "
        "audience: people or jobs, not both.",
    ),
    sources=(
        "https://docs.gitlab.com/integration/openid_connect_provider/",
        "gitlab-org/gitlab, config/initializers/doorkeeper_openid_connect.rb",
    ),
)
PINGFEDERATE = Preset(
    provider="pingfederate",
    title="PingFederate",
    issuer="the base URL of the server, or of the virtual issuer: `issuer` of its discovery "
    "document, byte for byte",
    client='a client of the type "public" with the authorization code grant and PKCE',
    scopes=("email", "profile"),
    username="`email`, or `sub` with a prefix",
    user_names={"email": USUALLY_ADDRESS},
    groups="an attribute of the OpenID Connect policy's contract, by default not in the ID token",
    cannot=(
        "By default only the userinfo endpoint gives the attributes of a user, and kube-apiserver "
        'does not ask it: choose "Include User Info in ID Token" in the OpenID Connect policy, or '
        "override the delivery of `email` and the groups.",
        "Scopes exist only as far as they are defined; offering `groups` or `offline_access` is up "
        "to the administrator.",
        "Let the client's ID token be signed with RS256.",
    ),
    sources=(
        "https://docs.pingidentity.com/pingfederate/latest/administrators_reference_guide/"
        "help_policymanagementtasklet_policymanagementstate.html",
    ),
)
AUTHENTIK = Preset(
    provider="authentik",
    title="authentik",
    issuer="`https://HOST/application/o/<slug>/`, or `https://HOST/` if the provider's issuer mode "
    "is global",
    slash="always",
    issuer_path=re.compile(r"((/.+)?/application/o/[^/]+)?"),
    client="an OAuth2/OpenID provider with the client type public and a signing key that is RSA",
    scopes=("email", "profile", "offline_access"),
    username="`preferred_username` with a prefix, or `email`",
    user_names={"email": USUALLY_ADDRESS, "sub": USUALLY_OPAQUE},
    claim_types={"groups": "list"},
    groups="`groups`, the names of the user's groups, by the scope `profile`",
    email_trap="authentik marks every address as unverified since 2025.10, so kube-apiserver "
    "refuses them; change the scope mapping of email, or use preferred_username",
    cannot=(
        "`email_verified` is false since 2025.10 unless your own scope mapping says otherwise.",
        "Without a signing key it signs with HS256, and with one on an elliptic curve with ES256; "
        "CKS accepts RS256 only.",
        "With an encryption key it encrypts ID tokens, which kube-apiserver cannot read.",
        "It leaves out scopes that the provider does not have, without a word: `offline_access` "
        "has to be among its scopes.",
    ),
    sources=(
        "https://docs.goauthentik.io/add-secure-apps/providers/oauth2/",
        "goauthentik/authentik, authentik/providers/oauth2/models.py",
    ),
)
ZITADEL = Preset(
    provider="zitadel",
    title="Zitadel",
    issuer="`https://INSTANCE.REGION.zitadel.cloud`, or your own domain",
    hosts={"*.zitadel.cloud": "never"},
    slash="never",
    issuer_path=NO_PATH,
    client="a native application with the authentication method none (PKCE)",
    scopes=("email", "profile", "offline_access"),
    username="`preferred_username` (the login name) with a prefix, or `email`",
    user_names={"email": USUALLY_ADDRESS, "sub": USUALLY_NUMBER},
    claim_types={
        "urn:zitadel:iam:org:project:roles": "object",
        "urn:zitadel:iam:org:project:*:roles": "object",
        "urn:zitadel:iam:user:metadata": "object",
    },
    groups="by an Action that writes the user's roles into a flat claim, such as `groups`",
    seldom_sends={
        "groups": "is in a token from Zitadel only if an Action adds it; its own claim of roles is "
        "an object, which kube-apiserver cannot read"
    },
    email_trap="Zitadel puts the address into ID tokens only if the application has "
    '"User Info inside ID Token" turned on, and without the address nobody can log in; turn it '
    "on, or use preferred_username",
    cannot=(
        "The roles of a project are an object (`urn:zitadel:iam:org:project:roles`), which "
        "kube-apiserver cannot read: let an Action write them into a flat list.",
        "ID tokens of the authorization code flow have no `email` unless the application has "
        '"User Info inside ID Token" turned on.',
    ),
    sources=(
        "https://zitadel.com/docs/apis/openidoauth/claims",
        "https://zitadel.com/docs/apis/openidoauth/scopes",
    ),
)
GENERIC = Preset(
    provider="generic",
    title="Any other provider",
    issuer="the `issuer` of its discovery document, byte for byte",
    client="a public client with PKCE, if it offers that",
    scopes=("email",),
    username="`email`, or any other claim with a prefix",
    user_names={"email": USUALLY_ADDRESS},
    groups="as the provider says",
    cannot=("Nothing is known about it: rely on the discovery check (OIDC-16).",),
)
