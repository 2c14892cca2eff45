"""Providers of people that a vendor hosts, each on hosts of its own."""

from __future__ import annotations

import re
from dataclasses import replace

from cks_components.identity.preset import (
    ADDRESS,
    ANY_CLAIM,
    CLAIMS_OF_JOBS,
    GUID,
    NO_PATH,
    NUMBER,
    OPAQUE,
    USUALLY_ADDRESS,
    USUALLY_OPAQUE,
    Form,
    Preset,
    ScopeRules,
)

ENTRA_V1_HOST = "sts.windows.net"
_ANY_GUID = Form("an object id (GUID)", re.compile(f"(?i){GUID.pattern}"))

GOOGLE = Preset(
    provider="google",
    title="Google",
    issuer="`https://accounts.google.com`",
    hosts={"accounts.google.com": "never"},
    slash="never",
    issuer_path=NO_PATH,
    client='an OAuth client of the type "desktop app"',
    client_ids=Form(
        "123456789012-….apps.googleusercontent.com",
        re.compile(r"\S+\.apps\.googleusercontent\.com"),
        is_certain=False,
    ),
    scopes=("email",),
    scope_rules=ScopeRules(
        refused={"offline_access": "remove it, because Google has no such scope"},
        accepted=re.compile(r"openid|email|profile|https://\S+"),
    ),
    wants_secret=True,
    username="`email`, always verified",
    user_names={"email": ADDRESS, "sub": NUMBER},
    no_claims=("preferred_username", "upn", "oid", "tid", *CLAIMS_OF_JOBS),
    groups="never in the token",
    never_sends={ANY_CLAIM: "bind users, or use a broker (Dex, Keycloak) that adds groups"},
    required_keys=("hd",),
    required_trap="every Google account can log in, including private ones; write "
    '"hd=<your domain>"',
    cannot=(
        "The token never carries groups: bind users, or use a broker.",
        "Its token endpoint requires the client's secret, even for a desktop app; the "
        "kubeconfig then contains the secret and is a secret output.",
        "It refuses the scope `offline_access`, and every scope that it does not know.",
        "Consumer accounts can log in too: require `hd=<domain>`.",
    ),
)
OKTA = Preset(
    provider="okta",
    title="Okta",
    issuer="`https://ORG.okta.com`",
    hosts={"*.okta.com": "never", "*.oktapreview.com": "never", "*.okta-emea.com": "never"},
    slash="never",
    issuer_path=re.compile(r"(/oauth2/(?!v\d+$)[^/]+)?"),
    client="a native application, public, with PKCE",
    scopes=("email", "groups", "offline_access"),
    scope_rules=ScopeRules(
        accepted=re.compile(
            r"openid|email|profile|address|phone|offline_access|groups|device_sso|"
            r"interclient_access|okta\.\S+"
        )
    ),
    username="`email`, or `preferred_username` with a prefix",
    user_names={"email": ADDRESS, "sub": USUALLY_OPAQUE},
    claim_types={"groups": "list"},
    groups="a groups claim with a filter, set up by hand; the organisation's own server puts "
    "it into ID tokens only",
    email_trap="Okta marks directory users as unverified, so kube-apiserver refuses them; "
    "mark them as verified, or use preferred_username",
    cannot=(
        "Users from a directory have `email_verified: false` and are refused with the claim "
        "`email`.",
        "The list of groups is cut at 100 without a warning: filter the claim.",
        "The organisation's own server knows only Okta's scopes and refuses every other.",
    ),
    sources=(
        "https://support.okta.com/help/s/article/okta-authorization-error-occurs-stating-custom-"
        "scopes-are-not-allowed-for-this-request",
    ),
)
OKTA_CUSTOM = replace(
    OKTA,
    variant="custom",
    title="Okta (custom server)",
    issuer="`https://ORG.okta.com/oauth2/default` or `…/oauth2/<id>`",
    scopes=("email", "offline_access"),
    scope_rules=ScopeRules(
        accepted=re.compile(r"openid|email|profile|address|phone|offline_access|device_sso"),
        is_certain=False,
    ),
    groups="a groups claim of that server with a filter, in ID tokens, included in any scope",
    unrequested_groups='log-ins do not ask for a scope "groups", because a custom authorization '
    "server of Okta has none unless somebody added it; include the claim in any scope there, or "
    "add the scope and write extraScopes: [groups]",
    cannot=(
        *OKTA.cannot[:2],
        "The scope `groups` does not exist there unless you add it, and a log-in that asks for it "
        'is then refused ("One or more scopes are not configured"). So kubeconfigs do not ask for '
        "it: include the claim in any scope, or add the scope and write `extraScopes: [groups]`.",
        "Custom authorization servers are an add-on.",
    ),
    sources=(
        "https://support.okta.com/help/s/article/error-one-or-more-scopes-are-not-configured-for-"
        "the-authorization-server-resource",
    ),
)
ENTRA = Preset(
    provider="entra",
    title="Entra",
    issuer="`https://login.microsoftonline.com/<tenant GUID>/v2.0`",
    hosts={
        "login.microsoftonline.com": "never",
        "login.microsoftonline.us": "never",
        "login.partner.microsoftonline.cn": "never",
        ENTRA_V1_HOST: "always",
    },
    client='a registration of the platform "mobile and desktop", public; "Web" needs a secret',
    client_ids=Form("the application (client) id, a GUID in lower case", GUID),
    scopes=("email", "profile", "offline_access"),
    scope_rules=ScopeRules(
        accepted=re.compile(r"openid|email|profile|offline_access|\S*[./]\S+"),
    ),
    announces_pkce=False,
    username="`preferred_username`, `upn` (an optional claim) or `oid` (stable), with a prefix",
    user_names={
        "email": ADDRESS,
        "upn": ADDRESS,
        "oid": _ANY_GUID,
        "sub": OPAQUE,
        "preferred_username": USUALLY_ADDRESS,
    },
    claim_types={"groups": "list", "roles": "list", "wids": "list", "hasgroups": "boolean"},
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
        "The audience of an ID token is the application (client) id, never `api://…` or `spn:…`.",
        "A scope is one of OpenID Connect, or one that an API has (`User.Read`, "
        "`api://<id>/.default`); there is no scope `groups`.",
        "Discovery does not announce PKCE; the kubeconfig uses S256 anyway.",
        "It ignores the port of a loopback redirect URI.",
    ),
    sources=(
        "https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference",
        "https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference",
        "https://github.com/int128/kubelogin/issues/440",  # its discovery document
    ),
)
ENTRA_V1 = replace(
    ENTRA,
    variant="v1",
    title="Entra (v1 tokens)",
    issuer=f"`https://{ENTRA_V1_HOST}/<tenant GUID>/`",
    slash="always",
    client_ids=Form(
        "the application (client) id, a GUID in lower case (only access tokens that another "
        "client asks for can have another audience)",
        GUID,
        is_certain=False,
    ),
    scope_rules=ScopeRules(),
    username="`upn` or `oid` (stable), with a prefix",
    no_claims=("preferred_username",),
    cannot=(
        *ENTRA.cannot[:2],
        "v1 tokens have no `preferred_username`.",
        "An ID token's audience is the application (client) id; the access token of an API can "
        "have the URI by which its client asked for it.",
        *ENTRA.cannot[-2:],
    ),
)
AUTH0 = Preset(
    provider="auth0",
    title="Auth0",
    issuer="`https://TENANT.REGION.auth0.com/`, custom domains also end in a slash",
    hosts={"*.auth0.com": "always"},
    slash="always",
    issuer_path=NO_PATH,
    client="a native application",
    scopes=("email", "profile", "offline_access"),
    username="`email`, or `sub` with a prefix",
    user_names={
        "email": ADDRESS,
        "sub": Form('an id such as "auth0|5f7c8ec7"', re.compile(r".+\|.+"), is_certain=False),
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
)
COGNITO = Preset(
    provider="cognito",
    title="Amazon Cognito",
    issuer="`https://cognito-idp.REGION.amazonaws.com/<user pool id>`",
    hosts={"cognito-idp.*.amazonaws.com": "never", "cognito-idp.*.amazonaws.com.cn": "never"},
    slash="never",
    issuer_path=re.compile(r"/[a-z0-9-]+_[A-Za-z0-9]+"),
    client="a public app client of the user pool, without a secret, with the authorization code "
    "grant; the pool needs a domain",
    scopes=("email",),
    scope_rules=ScopeRules(
        accepted=re.compile(
            r"openid|email|phone|profile|aws\.cognito\.signin\.user\.admin|\S+/\S+"
        ),
        is_certain=False,
    ),
    announces_pkce=False,
    username="`email`, or `cognito:username` with a prefix",
    user_names={"email": ADDRESS, "sub": _ANY_GUID},
    claim_types={
        "cognito:groups": "list",
        "cognito:roles": "list",
        "cognito:username": "text",
        "cognito:preferred_role": "text",
        "identities": "list of objects",
    },
    groups="`cognito:groups`, the groups of the user pool",
    seldom_sends={
        "groups": "is in a token from Amazon Cognito only if a Lambda trigger adds it; the groups "
        'of the user pool are in "cognito:groups"'
    },
    cannot=(
        "The issuer is the user pool, not the domain of its log-in page "
        "(`….auth.REGION.amazoncognito.com`).",
        "Its scopes are `openid`, `email`, `phone`, `profile` and those of your resource servers: "
        "there is no `groups` and no `offline_access`, and a refresh token comes without being "
        "asked for.",
        "AWS IAM Identity Center issues no ID tokens and cannot be trusted by a cluster: add it to "
        "the user pool (or to Dex, Keycloak) as a SAML provider, with an attribute for the groups.",
        "The claim `cognito:groups` is missing from the token of a user without groups.",
        "Discovery does not announce PKCE; the kubeconfig uses S256 anyway.",
    ),
    sources=(
        "https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html",
        "https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-"
        "tokens-with-identity-providers.html",
        "https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html",
        "https://github.com/openiddict/openiddict-core/pull/1586",  # a pool's discovery document
    ),
)
JUMPCLOUD = Preset(
    provider="jumpcloud",
    title="JumpCloud",
    issuer="`https://oauth.id.jumpcloud.com/`",
    hosts={"oauth.id.jumpcloud.com": "always"},
    slash="always",
    issuer_path=NO_PATH,
    client='a custom OIDC application with the client authentication type "Public (None PKCE)"',
    scopes=("email", "profile"),
    username="`email`",
    user_names={"email": ADDRESS, "sub": USUALLY_OPAQUE},
    claim_types={"groups": None},
    groups='by "include group attribute" of the application, under the name that you give it '
    "(usually `groups`)",
    cannot=(
        "The token carries groups only if the application includes the group attribute.",
        'The scope `offline_access` works only if "Refresh Token" is chosen for the application.',
        "The issuer is the same for every organisation; the client id tells them apart.",
    ),
    sources=(
        "https://jumpcloud.com/support/sso-with-oidc",
        "https://docs.netbird.io/selfhosted/identity-providers/managed/advanced/jumpcloud",
    ),
)
ONELOGIN = Preset(
    provider="onelogin",
    title="OneLogin",
    issuer="`https://SUBDOMAIN.onelogin.com/oidc/2`",
    hosts={"*.onelogin.com": "never"},
    slash="never",
    issuer_path=re.compile("/oidc(/2)?"),
    client='an OpenID Connect application of the type "native", with the token endpoint\'s '
    'authentication method "None (PKCE)"',
    scopes=("email", "profile", "groups"),
    scope_rules=ScopeRules(
        refused={
            "offline_access": "remove it, because OneLogin refuses it in the authorization code "
            "flow"
        },
    ),
    username="`email`, or `preferred_username` with a prefix",
    user_names={"email": ADDRESS, "sub": NUMBER},
    claim_types={"groups": None},
    groups="the scope `groups`, filled by the application's parameter Groups; without "
    '"multi-value" it is one text',
    cannot=(
        "It refuses the scope `offline_access` in the authorization code flow, so people log in "
        "again when their token has expired.",
        'The claim `groups` can be one text with all names in it ("a;b"), which kube-apiserver '
        'takes for one group: give the application\'s parameter Groups the format "multi-value".',
    ),
    sources=(
        "https://developers.onelogin.com/openid-connect/scopes",
        "https://github.com/onelogin/onelogin-node-sdk/blob/main/README.md",
    ),
)
