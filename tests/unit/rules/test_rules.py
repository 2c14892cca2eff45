"""Every rule, clause by clause: one input that it accepts, one that it refuses, with the message."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cks_components.api.models import (
    AuthenticationWebhook,
    AuthorizationWebhook,
    OidcConfig,
    Webhook,
)
from cks_components.identity import providers
from cks_components.identity.discovery_document import Published
from cks_components.identity.preset import Provider
from cks_components.rules import RULES, Finding, Level, Rule
from cks_components.rules.addresses import JudgedAddresses
from cks_components.rules.discovery import JudgedIssuer
from cks_components.rules.existence import JudgedEntry, JudgedRole, PresentRole
from cks_components.rules.judged_binding import JudgedBinding
from cks_components.rules.judged_block import JudgedBlock
from cks_components.rules.waivers import JudgedWaivers
from cks_components.rules.webhook import JudgedWebhook, ShownCertificate
from cks_components.stack_file.pipeline import PipelineSettings, TokenSettings
from cks_components.stack_file.reading import StackFile, read
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import BindingSettings, Located, WaiverSettings

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ID = "1b5274f2-8012-4b68-9010-cc4c51613302"
GUID = "8f3c1f2e-0d0a-4a55-9a43-3f6d1e2b7c10"
OTHER_GUID = "5d0b7a34-52f1-4c26-8a3c-0a8e5f0f6f11"
ISSUER = "https://idp.example.com"
IDENTITY = {"issuerUrl": ISSUER, "clientId": "cks", "usernameClaim": "email"}
ENTRA: dict[str, Any] = {
    "issuerUrl": f"https://login.microsoftonline.com/{GUID}/v2.0",
    "clientId": OTHER_GUID,
    "groupsClaim": "groups",
}
ENTRA_V1: dict[str, Any] = ENTRA | {"issuerUrl": f"https://sts.windows.net/{GUID}/"}
GITHUB: dict[str, Any] = {
    "issuerUrl": "https://token.actions.githubusercontent.com",
    "usernameClaim": "sub",
    "usernamePrefix": "github:",
}
OLD_SUB = "repo:acme/infra:environment:prod"
NEW_SUB = "repo:acme@65/infra@77:environment:prod"


GITLAB: dict[str, Any] = GITHUB | {"issuerUrl": "https://gitlab.com", "usernamePrefix": "gitlab:"}
GITLAB_SUB = "project_path:acme/infra:ref_type:branch:ref:main"
GOOGLE: dict[str, Any] = {"issuerUrl": "https://accounts.google.com"}
RBAC = "rbac.authorization.k8s.io"
HOOKS = "admissionregistration.k8s.io"
BY_SUB: dict[str, Any] = {"usernameClaim": "sub", "usernamePrefix": "x:"}
BY_OID: dict[str, Any] = {"usernameClaim": "oid", "usernamePrefix": "x:"}


def oidc(**leaves: object) -> OidcConfig:
    return OidcConfig.model_validate(IDENTITY | leaves)


def pipeline(**changes: Any) -> PipelineSettings:
    usual = {"name": "deployer", "namespace": "ci", "cluster_role": "edit"}
    return PipelineSettings.model_construct(**usual | changes)


def stored(days: float, before: float = 0.001) -> TokenSettings:
    return TokenSettings.model_construct(
        lifetime=timedelta(days=days), renew_before=timedelta(days=before)
    )


def custom(verbs: str, resources: str, group: str = "", **changes: Any) -> RoleSettings:
    """A role with one rule; several names are separated by spaces."""
    names = changes.pop("names", [])
    rule = {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
    given = {"name": "jobs", "rules": [rule | ({"resourceNames": names} if names else {})]}
    return RoleSettings.model_validate(given | changes)


def urls(verbs: str, *paths: str) -> RoleSettings:
    rule = {"verbs": verbs.split(), "nonResourceURLs": list(paths)}
    return RoleSettings.model_validate({"name": "jobs", "rules": [rule]})


def made(role: RoleSettings, *present: PresentRole, terminating: bool = False) -> JudgedRole:
    namespaces = {"train": terminating}
    return JudgedRole(role=role, cluster="east", namespaces=namespaces, present=present)


def placed(
    *,
    namespaces: tuple[str, ...] = ("ci", "train"),
    terminating: tuple[str, ...] = (),
    **changes: Any,
) -> JudgedEntry:
    roles = ("edit", "view")
    return JudgedEntry(
        entry=pipeline(**changes),
        cluster="east",
        namespaces=dict.fromkeys(namespaces, False) | dict.fromkeys(terminating, True),
        cluster_roles=roles,
    )


def placed_people(
    role: str = "edit",
    *,
    namespaces: tuple[str, ...] | None = ("train",),
    terminating: bool = False,
) -> JudgedEntry:
    where = None if namespaces is None else list(namespaces)
    people = BindingSettings.model_construct(cluster_role=role, groups=["ml"], namespaces=where)
    return JudgedEntry(
        entry=people,
        cluster="east",
        namespaces={"train": terminating, "serve": False},
        cluster_roles=["edit", "view"],
    )


def block(provider: Provider = "generic", **leaves: object) -> JudgedBlock:
    made = oidc(**leaves)
    known = providers.preset(provider, made)
    return JudgedBlock(oidc=made, preset=known, cluster_ids=[ID], now=NOW)


def bound(
    *groups: str,
    users: tuple[str, ...] = (),
    role: str = "view",
    namespaces: tuple[str, ...] | None = None,
    provider: Provider = "generic",
    **leaves: object,
) -> JudgedBinding:
    made = oidc(**leaves)
    binding = BindingSettings.model_construct(
        cluster_role=role,
        users=list(users),
        groups=list(groups),
        namespaces=None if namespaces is None else list(namespaces),
    )
    known = providers.preset(provider, made)
    return JudgedBinding(binding=binding, oidc=made, preset=known)


def stack(**values: object) -> StackFile:
    return read({"identity": IDENTITY, "clusters": [{"id": ID}]} | values)


def at_endpoint(host: str) -> StackFile:
    return stack(clusters=[{"id": ID, "endpoint": host}])


def asking(provider: Provider, issuer: str, *scopes: str, **leaves: object) -> StackFile:
    written = {"provider": provider, "issuerUrl": issuer, "extraScopes": list(scopes)}
    return stack(identity=IDENTITY | written | leaves)


def waivers(*given: tuple[str, str]) -> JudgedWaivers:
    return JudgedWaivers(
        given=[
            Located(f"waivers[{i}]", WaiverSettings.model_construct(rule=r, reason=w))
            for i, (r, w) in enumerate(given)
        ],
        is_waivable={"OIDC-10": True, "OIDC-07": True, "RBAC-01": False},
        needed={"OIDC-10"},
    )


PUBLISHED = Published(
    issuer=ISSUER,
    jwks_uri=f"{ISSUER}/keys",
    algorithms=("ES256", "RS256"),
    pkce_methods=("S256",),
    rsa_keys=1,
)


def discovered(**changes: Any) -> JudgedIssuer:
    return JudgedIssuer(
        oidc=oidc(),
        preset=providers.PRESETS["generic"],
        published=replace(PUBLISHED, **changes),
        has_secret=False,
    )


def certificate(name: str, *, days: int = 365, is_ca: bool | None = True) -> str:
    """PEM text of a certificate that ends so many days after NOW."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    beginning, end = NOW - timedelta(days=99), NOW + timedelta(days=days)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, beginning, end)
    if is_ca is not None:
        constraints = x509.BasicConstraints(ca=is_ca, path_length=None)
        builder = builder.add_extension(constraints, critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


ROOT, LEAF, OLD_ROOT = (
    certificate("root"),
    certificate("leaf", is_ca=False),
    certificate("old", is_ca=None),
)


# clause, what it accepts, what it refuses, where, the message
def hook(
    kind: type[Webhook] = Webhook, server: str | None = "https://hook.example.com", **leaves: object
) -> JudgedWebhook:
    return JudgedWebhook(webhook=kind.model_validate({"server": server} | leaves), now=NOW)


def way(given: dict[str, str]) -> JudgedAddresses:
    return JudgedAddresses.of_texts(given, NOW)


CASES: list[tuple[str, Any, Any, str, str]] = [
    (
        "CLUSTER-01.1",
        stack(clusters=[{"name": "train-east-0123456789-abcdefgh"}, {"id": ID}]),
        stack(clusters=[{"name": "Train_East"}]),
        "clusters[0].name",
        '"Train_East" cannot be the name of a CKS cluster, which has 1 to 30 lower-case letters, '
        "digits and dashes, with a letter or a digit at both ends; write "
        '"train-east" if that is its name, or the name from the console, or the cluster\'s id',
    ),
    (
        "HOOK-01.1",
        hook(),
        hook(server=None),
        "server",
        "is missing; write the https URL of the webhook",
    ),
    (
        "HOOK-01.2",
        hook(server="https://hook.example.com:8443/authn?tenant=a"),
        hook(server="http://hook.example.com"),
        "server",
        "is not https, so anybody on the network path could read tokens or answer in its place; "
        "serve the webhook with TLS and write its https URL",
    ),
    (
        "HOOK-01.3",
        hook(ca=ROOT),
        hook(ca="not pem"),
        "ca",
        "contains no certificate; paste the PEM text of the authority that signed the webhook's "
        "TLS certificate",
    ),
    (
        "HOOK-01.4",
        hook(ca=ROOT),
        hook(ca=certificate("soon", days=29)),
        "ca",
        'the certificate "CN=soon" expires on 2026-06-30, and kube-apiserver cannot call the '
        "webhook after that; add its successor next to it",
    ),
    (
        "HOOK-01.5",
        hook(ca=ROOT),
        hook(ca=LEAF),
        "ca",
        'the certificate "CN=leaf" is not a certificate authority\'s, so it works only until the '
        "webhook renews its own certificate; paste the authority's certificate",
    ),
    (
        "HOOK-01.6",
        hook(AuthorizationWebhook),
        hook(AuthenticationWebhook),
        "",
        "receives every token that OIDC and service accounts refuse, including expired ones, and "
        "its names get no prefix; it must verify tokens itself",
    ),
    (
        "HOOK-01.7",
        hook(AuthenticationWebhook),
        hook(AuthorizationWebhook),
        "",
        "if it denies a request before RBAC is asked, everybody is locked out; confirm it by "
        "waiving HOOK-01 with a reason, and keep access to the CKS API so that you can remove it",
    ),
    (
        "HOOK-02.1",
        ShownCertificate(problem=""),
        ShownCertificate(problem="self-signed certificate"),
        "ca",
        "does not match the certificate that the webhook presents here (self-signed certificate), "
        "so kube-apiserver would not call it; paste the PEM text of the authority that signed it, "
        "or waive HOOK-02 if the cluster reaches the webhook in another way",
    ),
    (
        "NET-01.1",
        way(
            {"servers.managed": "http://127.0.0.1:1", "servers.unmanaged": "https://a.ts.net:8443"}
        ),
        way({"servers.managed": "http://a.ts.net"}),
        "servers.managed",
        "must be an https URL with a host and no user (plain http is accepted for loopback "
        "addresses only), because tokens are sent there; write one such as "
        "https://train.tailnet.example",
    ),
    (
        "NET-02.1",
        way({"proxyUrl.managed": "http://p:3128", "proxyUrl.unmanaged": "socks5://p:1080"}),
        way({"proxyUrl": "socks5://p:1080"}),
        "proxyUrl",
        "must be the URL of a proxy (http, https); write one such as http://proxy.example:3128",
    ),
    (
        "NET-03.1",
        way({"tlsServerName": "a-1.example.com"}),
        way({"tlsServerName": "https://a.example.com"}),
        "tlsServerName",
        "must be a host name without a scheme or a port, exactly as in the certificate",
    ),
    (
        "NET-04.1",
        way({"certificateAuthority.managed": ROOT}),
        way({"certificateAuthority.managed": b64encode(ROOT.encode()).decode()}),
        "certificateAuthority.managed",
        "contains no certificate; paste the PEM text of the authority that signed the server's TLS "
        "certificate",
    ),
    (
        "NET-04.2",
        way({"certificateAuthority": ROOT}),
        way({"certificateAuthority": certificate("soon", days=29)}),
        "certificateAuthority",
        'the certificate "CN=soon" expires on 2026-06-30, and the cluster cannot be reached with '
        "it after that; add its successor next to it",
    ),
    (
        "NET-05.1",
        way({"servers.managed": "http://127.0.0.1", "tlsServerName.unmanaged": "a"}),
        way({"servers.managed": "http://127.0.0.1", "tlsServerName.managed": "a"}),
        "tlsServerName.managed",
        "has no effect, because the server is http; remove it",
    ),
    (
        "NET-06.1",
        way({"endpoint": "https://cw1234-4efb7af2.k8s.us-east-04a.coreweave.com:443/"}),
        way({"endpoint": "cw1234 4efb7af2"}),
        "endpoint",
        "must be the cluster's apiServerEndpoint, a host name without a path, such as "
        "cw1234-4efb7af2.k8s.us-east-04a.coreweave.com; leave it out, and it is read from the "
        "cluster",
    ),
    (
        "OIDC-01.1",
        block(),
        block(issuerUrl="http://idp.example.com"),
        "issuerUrl",
        '"http://idp.example.com" is not https, so kube-apiserver refuses it; write the value of '
        '"issuer" from the provider\'s discovery document',
    ),
    (
        "OIDC-02.1",
        block(issuerUrl="https://t.eu.auth0.com/"),
        block(issuerUrl="https://t.eu.auth0.com"),
        "issuerUrl",
        'Auth0 issuers end in "/"; without it every login fails with 401 and no reason; write '
        "https://t.eu.auth0.com/",
    ),
    (
        "OIDC-03.1",
        block(**ENTRA),
        block(issuerUrl="https://login.microsoftonline.com/common/v2.0"),
        "issuerUrl",
        '"common" never appears in a token; use the tenant\'s GUID, in lower case',
    ),
    (
        "OIDC-03.2",
        block(issuerUrl="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12cdEFG"),
        block(issuerUrl="https://acme.auth.eu-west-1.amazoncognito.com"),
        "issuerUrl",
        "is the log-in page of an Amazon Cognito user pool, and its tokens name the pool; write "
        "https://cognito-idp.<region>.amazonaws.com/<user pool id>",
    ),
    (
        "OIDC-03.3",
        block("keycloak", issuerUrl="https://id.example.com/auth/realms/engineering"),
        block("keycloak", issuerUrl="https://id.example.com/engineering"),
        "issuerUrl",
        "is not an issuer of Keycloak; write https://HOST/realms/NAME; before version 17 "
        "https://HOST/auth/realms/NAME",
    ),
    (
        "OIDC-04.1",
        block(issuerUrl="https://oidc.cks.coreweave.com/id/another"),
        block(issuerUrl=f"https://oidc.cks.coreweave.com/id/{ID}/"),
        "issuerUrl",
        "is the cluster's own issuer, and service accounts log in without it; write the issuer of "
        "your identity provider",
    ),
    (
        "OIDC-05.1",
        block(),
        block(clientId=""),
        "clientId",
        "is missing; the API accepts a block without it, but kube-apiserver does not: write both "
        "the issuer and the client id",
    ),
    (
        "OIDC-06.1",
        block(usernameClaim="sub", usernamePrefix="okta:"),
        block(usernameClaim="sub"),
        "usernamePrefix",
        f'is not set, which gives names such as "{ISSUER}#alice"; write a prefix ("oidc:") or "-" '
        "for none",
    ),
    (
        "OIDC-07.1",
        block("okta", usernameClaim="preferred_username"),
        block("okta"),
        "usernameClaim",
        "Okta marks directory users as unverified, so kube-apiserver refuses them; mark them as "
        "verified, or use preferred_username",
    ),
    (
        "OIDC-08.1",
        block(groupsClaim="groups", groupsPrefix="okta:", usernamePrefix="-"),
        block("okta", groupsClaim="groups"),
        "groupsPrefix",
        'is not set, so a group "system:masters" at the provider becomes cluster administrator; '
        'write "okta:", or waive OIDC-08 with a reason',
    ),
    (
        "OIDC-08.2",
        block(groupsPrefix="okta:", usernamePrefix="-"),
        block(groupsPrefix="system:"),
        "groupsPrefix",
        'can produce names that begin with "system:", to which Kubernetes gives rights of its own; '
        'write another prefix, such as "oidc:"',
    ),
    (
        "OIDC-08.3",
        block(groupsPrefix="okta:", usernamePrefix="-"),
        block(groupsPrefix="-"),
        "groupsPrefix",
        '"-" is plain text here and gives groups such as "-ml"; write "oidc:"',
    ),
    (
        "OIDC-09.1",
        block("auth0", groupsClaim="https://acme.example/groups"),
        block("google", groupsClaim="groups"),
        "groupsClaim",
        '"groups" is not in any token from Google; bind users, or use a broker (Dex, Keycloak) '
        "that adds groups",
    ),
    (
        "OIDC-09.2",
        block(groupsClaim="https://acme.example/groups"),
        block(groupsClaim="realm_access.roles"),
        "groupsClaim",
        '"realm_access.roles" is a path, but kube-apiserver reads only top-level claims; map it to '
        "a top-level claim",
    ),
    (
        "OIDC-09.3",
        block(issuerUrl="https://accounts.google.com", requiredClaim="hd=example.com"),
        block(issuerUrl="https://accounts.google.com", usernameClaim="upn"),
        "usernameClaim",
        '"upn" is not in any token from Google, so nobody could log in; write a claim that is in '
        "its tokens",
    ),
    (
        "OIDC-09.4",
        block("cognito", groupsClaim="cognito:groups"),
        block("cognito", groupsClaim="groups"),
        "groupsClaim",
        '"groups" is in a token from Amazon Cognito only if a Lambda trigger adds it; the groups '
        'of the user pool are in "cognito:groups"',
    ),
    (
        "OIDC-09.5",
        block("keycloak", groupsClaim="groups"),
        block("keycloak", groupsClaim="realm_access"),
        "groupsClaim",
        '"realm_access" holds an object, but kube-apiserver reads groups from text or from a list '
        "of texts only and refuses every token that has this claim; let the provider map the "
        'groups to a top-level list, such as "groups"',
    ),
    (
        "OIDC-09.6",
        block(usernameClaim="employee_number", usernamePrefix="x:"),
        block(usernameClaim="https://acme.example/roles", usernamePrefix="x:"),
        "usernameClaim",
        '"https://acme.example/roles" probably holds a list, but kube-apiserver takes user names '
        "from text only, so nobody could log in; write a claim that holds text, such as "
        '"email" or "sub"; look at a token of the provider (kubectl oidc-login setup shows one), '
        "or waive OIDC-09 if the claim has the right type",
    ),
    (
        "OIDC-10.1",
        block(**ENTRA | {"groupsClaim": "roles"}),
        block(**ENTRA),
        "groupsClaim",
        "for a user in more than 200 groups Entra sends no list, so the login is refused; choose "
        '"groups assigned to the application" or app roles',
    ),
    (
        "OIDC-11.1",
        block(signingAlgorithms=["RS256"]),
        block(signingAlgorithms=["ES256"]),
        "signingAlgorithms",
        "ES256 cannot be set on CKS; let the provider sign with RS256",
    ),
    (
        "OIDC-12.1",
        block(requiredClaim="q=a=b"),
        block(requiredClaim="=x"),
        "requiredClaim",
        '"=x" is not key=value; write one such pair',
    ),
    (
        "OIDC-12.2",
        block(issuerUrl="https://accounts.google.com", requiredClaim=" hd = example.com "),
        block(issuerUrl="https://accounts.google.com"),
        "requiredClaim",
        'every Google account can log in, including private ones; write "hd=<your domain>"',
    ),
    (
        "OIDC-12.3",
        block(requiredClaim="hd=example.com"),
        block(requiredClaim="email_verified=true"),
        "requiredClaim",
        '"email_verified=true" compares text with a boolean, so nobody could log in. Remove it; '
        "unverified addresses are refused anyway",
    ),
    (
        "OIDC-12.4",
        block("keycloak", requiredClaim="department=ml"),
        block(requiredClaim="roles=prod"),
        "requiredClaim",
        '"roles=prod" compares text with what is probably a list, and then nobody could log in; '
        "look at a token of the provider (kubectl oidc-login setup shows one), and remove it, or "
        "waive OIDC-12 if the claim is text",
    ),
    (
        "OIDC-13.1",
        block(ca=ROOT),
        block(ca="not pem"),
        "ca",
        "contains no certificate; paste the PEM text of the authority that signed the issuer's TLS "
        "certificate",
    ),
    (
        "OIDC-13.2",
        block(ca=ROOT),
        block(ca=certificate("soon", days=29)),
        "ca",
        'the certificate "CN=soon" expires on 2026-06-30, and nobody can log in after that; add '
        "its successor next to it",
    ),
    (
        "OIDC-13.3",
        block(ca=ROOT),
        block(ca=LEAF),
        "ca",
        'the certificate "CN=leaf" is not a certificate authority\'s, so it works only until the '
        "issuer renews its own certificate; paste the authority's certificate",
    ),
    (
        "OIDC-13.4",
        block(),
        block(ca=ROOT),
        "ca",
        "replaces the system's root certificates for the issuer; remove it if a public authority "
        "signed the issuer's certificate",
    ),
    (
        "OIDC-14.1",
        bound("ml", users=("alice@example.com",)),
        bound("admins", "ml*"),
        "groups[1]",
        '"ml*" can never match: RBAC compares names byte for byte, without wildcards; write each '
        "name in full, one per entry",
    ),
    (
        "OIDC-14.2",
        bound("ml", groupsPrefix="okta:"),
        bound("okta:ml", groupsPrefix="okta:"),
        "groups[0]",
        '"okta:ml" already has the prefix that is added automatically, which would give '
        '"okta:okta:ml"; write "ml"',
    ),
    (
        "OIDC-14.3",
        bound(GUID.upper(), **ENTRA),
        bound("ml-engineers", **ENTRA),
        "groups[0]",
        '"ml-engineers" is a name, and Entra sends object ids (GUIDs); write the group\'s object '
        "id, or waive OIDC-14 if the application is set up to send names",
    ),
    (
        "OIDC-14.4",
        bound(users=("Alice@example.com", "alice")),
        bound(users=("Alice@Example.com",)),
        "users[0]",
        '"Alice@Example.com" has capital letters in its domain, but providers send domains in '
        'lower case; write "Alice@example.com"',
    ),
    (
        "OIDC-15.1",
        bound(users=(OLD_SUB, NEW_SUB), **GITHUB),
        bound(users=(OLD_SUB,), **GITHUB),
        "users[0]",
        f'"{OLD_SUB}" only matches repositories from before July 2026; add "repo:acme@<owner '
        'id>/infra@<repository id>:environment:prod"',
    ),
    (
        "OIDC-15.2",
        bound(users=("repo:acme/infra:pull_request",), role="view", **GITHUB),
        bound(users=("repo:acme/infra:pull_request",), role="edit", **GITHUB),
        "users[0]",
        '"repo:acme/infra:pull_request" lets every pull request act as edit before it is reviewed; '
        'bind an "environment:" subject, or write "view"',
    ),
    (
        "OIDC-15.3",
        bound(users=("repository_owner:acme:environment:prod",), role="edit", **GITHUB),
        bound(users=("repository_owner:acme",), role="edit", **GITHUB),
        "users[0]",
        '"repository_owner:acme" names no environment, ref or event, so jobs of pull requests have '
        "it too and act as edit before they are reviewed; add "
        '"environment" or "context" to the template and bind what it gives then, or write "view"',
    ),
    (
        "OIDC-16.1",
        discovered(),
        discovered(problem="ConnectError: refused", issuer="", jwks_uri="", algorithms=()),
        "issuerUrl",
        "the discovery document could not be read (ConnectError: refused); check issuerUrl, ca and "
        'the network, because the control plane has to read it too, or set "discovery: off"',
    ),
    (
        "OIDC-16.2",
        discovered(),
        discovered(issuer=f"{ISSUER}/"),
        "issuerUrl",
        f'the discovery document says "{ISSUER}/", but the stack file says "{ISSUER}"; copy the '
        "one from the discovery document",
    ),
    (
        "OIDC-16.3",
        discovered(),
        discovered(jwks_uri="http://idp.example.com/keys"),
        "issuerUrl",
        'the discovery document names "http://idp.example.com/keys" as jwks_uri, which is not '
        "https; let the provider publish its keys over https",
    ),
    (
        "OIDC-16.4",
        discovered(),
        discovered(algorithms=("ES256", "HS256")),
        "issuerUrl",
        "the discovery document offers ES256, HS256; let the provider sign with RS256",
    ),
    (
        "OIDC-16.5",
        discovered(),
        discovered(pkce_methods=("plain",)),
        "issuerUrl",
        "the discovery document does not announce PKCE with S256, which the kubeconfigs use; check "
        "that the client accepts it, or set clientSecret",
    ),
    (
        "OIDC-17.1",
        block(),
        block(issuerUrl="https://a.example,https://b.example"),
        "issuerUrl",
        "a cluster trusts one issuer; use a broker (Dex, Keycloak), the authentication webhook, or "
        "service-account tokens for pipelines",
    ),
    (
        "OIDC-17.2",
        stack(),
        stack(identity=[IDENTITY, GITHUB]),
        "identity[1]",
        "a cluster trusts one issuer; use a broker (Dex, Keycloak), the authentication webhook, or "
        "service-account tokens for pipelines",
    ),
    (
        "OIDC-18.1",
        at_endpoint("abc123-33de361c.k8s.us-east-04a.coreweave.com"),
        at_endpoint("https://api.abc123-train-east.k8s.us-east-04a.coreweave.com/"),
        "clusters[0].endpoint",
        '"api.abc123-train-east.k8s.us-east-04a.coreweave.com" contains the name of the cluster, '
        "which is deprecated: OIDC tokens work only on https://api.<apiServerEndpoint>; copy "
        "apiServerEndpoint from the console",
    ),
    (
        "OIDC-19.1",
        bound(),
        bound(
            "ml",
            users=("alice@example.com",),
            role="edit",
            namespaces=("training", "lab"),
            groupsPrefix="okta:",
        ),
        "",
        'User "alice@example.com", Group "okta:ml" will get edit in training, lab',
    ),
    (
        "OIDC-20.1",
        stack(identity=IDENTITY | {"provider": "google", "clientSecret": "x" * 9}),
        stack(identity=IDENTITY | {"provider": "google"}),
        "identity.clientSecret",
        'is missing, and Google issues no token without it; run "pulumi config set --secret --path '
        'cks-access:identity.clientSecret"',
    ),
    (
        "OIDC-21.1",
        bound("/eng/ops", provider="keycloak"),
        bound("ops", provider="keycloak"),
        "groups[0]",
        '"ops" is a name, but Keycloak\'s mapper sends a path such as "/eng/ops" unless its "Full '
        'group path" is off; write the path, or turn it off and waive OIDC-21',
    ),
    (
        "OIDC-22.1",
        bound("ml", groupsClaim="groups"),
        bound("ml"),
        "groups",
        "are bound, but the identity has no groupsClaim, so kube-apiserver reads no groups from "
        "tokens and the binding has no effect; for this provider: write groupsClaim, such as "
        '"groups"',
    ),
    (
        "OIDC-22.2",
        bound(users=("114",), **GOOGLE | BY_SUB),
        bound(users=("alice@example.com",), **GOOGLE | BY_SUB),
        "users[0]",
        '"alice@example.com" matches nobody, because the claim "sub" of Google holds a number; '
        'write that, or usernameClaim "email"',
    ),
    (
        "OIDC-22.3",
        bound(users=("alice@example.com",)),
        bound(users=("alice",)),
        "users[0]",
        '"alice" matches nobody, because the claim "email" of this provider holds an address; '
        "write that",
    ),
    (
        "OIDC-23.1",
        bound(users=(OLD_SUB, NEW_SUB), **GITHUB, requiredClaim="repository_owner_id=65"),
        bound(users=(OLD_SUB, NEW_SUB), **GITHUB, requiredClaim="repository_owner_id=66"),
        "users[1]",
        f'"{NEW_SUB}" can never log in: requiredClaim asks for "repository_owner_id=66", but its '
        'token says "65"; change one of the two',
    ),
    (
        "OIDC-23.2",
        bound(users=("a@example.com",), **GOOGLE, requiredClaim="hd=Example.com"),
        bound(users=("a@example.org",), **GOOGLE, requiredClaim="hd=example.com"),
        "users[0]",
        '"a@example.org" can probably not log in: requiredClaim only allows the domain '
        '"example.com"; bind an address of that domain, unless the organisation has more than one '
        "domain",
    ),
    (
        "OIDC-24.1",
        bound(users=(OLD_SUB, NEW_SUB, "repo:a/b:ref:refs/heads/x"), **GITHUB),
        bound(users=("repo:acme/infra:ref:main",), **GITHUB),
        "users[0]",
        '"repo:acme/infra:ref:main" has its ref in short, but GitHub sends the ref in full; write '
        '"ref:refs/heads/main" (a tag: "ref:refs/tags/main")',
    ),
    (
        "OIDC-24.2",
        bound(users=(GITLAB_SUB, "4711"), **GITLAB),
        bound(users=("project_path:acme/infra:branch:main",), **GITLAB),
        "users[0]",
        '"project_path:acme/infra:branch:main" is a sub that GitLab sends only if the project '
        "chose other components; otherwise write "
        '"project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH"',
    ),
    (
        "OIDC-25.1",
        block(**ENTRA),
        block(**ENTRA | {"clientId": f"spn:{OTHER_GUID.upper()}"}),
        "clientId",
        f'"spn:{OTHER_GUID.upper()}" is not what ID tokens of Entra have as their audience, which '
        f'is the application (client) id, a GUID in lower case; write "{OTHER_GUID}"',
    ),
    (
        "OIDC-25.2",
        block(**GOOGLE, clientId="123-a.apps.googleusercontent.com"),
        block(**GOOGLE, clientId="my-project"),
        "clientId",
        '"my-project" is not what ID tokens of Google have as their audience, which is '
        "123456789012-….apps.googleusercontent.com; write that id",
    ),
    (
        "OIDC-25.3",
        block(**ENTRA),
        block(**ENTRA | {"clientId": GUID}),
        "clientId",
        f'"{GUID}" is the id of the tenant in issuerUrl; write the application (client) id of the '
        "registration",
    ),
    (
        "OIDC-26.1",
        asking("google", "https://accounts.google.com", "https://www.googleapis.com/auth/drive"),
        asking("google", "https://accounts.google.com", "offline_access"),
        "identity.extraScopes[0]",
        '"offline_access" makes Google refuse every log-in; remove it, because Google has no such '
        "scope",
    ),
    (
        "OIDC-26.2",
        asking("okta", "https://acme.okta.com/oauth2/default", "offline_access"),
        asking("okta", "https://acme.okta.com/oauth2/default", "email", "groups"),
        "identity.extraScopes[1]",
        '"groups" is not among the scopes that Okta (custom server) always has, and a '
        "log-in that asks for a missing scope is refused; remove it, or waive OIDC-26 if somebody "
        "added the scope",
    ),
    (
        "OIDC-26.3",
        asking("okta", "https://acme.okta.com/oauth2/default", "groups", groupsClaim="groups"),
        asking("okta", "https://acme.okta.com/oauth2/default", groupsClaim="groups"),
        "identity.groupsClaim",
        'log-ins do not ask for a scope "groups", because a custom authorization server of Okta has '
        "none unless somebody added it; include the claim in any scope there, or add the scope and "
        "write extraScopes: [groups]",
    ),
    (
        "OIDC-27.1",
        block(issuerUrl="https://id.example.com:8443/realms/eng"),
        block(issuerUrl="https://keycloak.corp.local/realms/eng"),
        "issuerUrl",
        '"keycloak.corp.local" is a name that public DNS does not have, so the control plane, which '
        "has to read the issuer's keys, cannot reach it and every log-in fails; give the issuer a "
        "public address, put a public broker in front of it, or waive OIDC-27 if the control plane "
        "can reach it",
    ),
    (
        "OIDC-28.1",
        asking("okta", "https://login.acme.example"),
        asking("okta", "https://accounts.google.com"),
        "identity.provider",
        'is "okta", but issuerUrl is Google\'s, so the rules and scopes of Google apply; write '
        '"google"',
    ),
    (
        "PIPE-01.1",
        pipeline(),
        pipeline(name="default"),
        "name",
        '"default" is the service account of every pod in its namespace; give the pipeline its own '
        "name",
    ),
    (
        "PIPE-02.1",
        pipeline(),
        pipeline(namespace="kube-system"),
        "namespace",
        '"kube-system" is one of Kubernetes\' own namespaces; give pipelines their own namespace, '
        "such as ci",
    ),
    (
        "PIPE-03.1",
        placed(),
        placed(namespaces=("default",)),
        "namespace",
        'cluster east has no namespace "ci"; correct the name, or write createNamespace: true',
    ),
    (
        "PIPE-04.1",
        placed(),
        placed(cluster_role="veiw"),
        "clusterRole",
        'cluster east has no ClusterRole "veiw" (the nearest is "view"), so this would grant '
        "nothing; correct the name, or create the role first",
    ),
    (
        "PIPE-05.1",
        pipeline(deletes_namespace=True, creates_namespace=True),
        pipeline(deletes_namespace=True),
        "deleteNamespace",
        "would delete a namespace that this stack did not create; write createNamespace: true as "
        "well, or remove deleteNamespace",
    ),
    (
        "RBAC-01.1",
        block(adminGroupBinding="admins"),
        block(adminGroupBinding="system:masters"),
        "adminGroupBinding",
        '"system:masters" is one of Kubernetes\' own names and is never bound by this program; '
        "bind a group of your provider",
    ),
    (
        "RBAC-01.2",
        bound("system-admins", "system:authenticated"),
        bound("ml", "system:masters"),
        "groups[1]",
        '"system:masters" is one of Kubernetes\' own names and is never bound by this program; '
        "bind a group of your provider",
    ),
    (
        "RBAC-02.1",
        bound("ml", "system:masters"),
        bound(users=("system:anonymous",)),
        "users[0]",
        '"system:anonymous" means everybody without a token and is never bound by this program; '
        "bind a group of your provider",
    ),
    (
        "RBAC-03.1",
        bound("admins", role="cluster-admin"),
        bound("admins", users=("alice@example.com",), role="cluster-admin"),
        "clusterRole",
        "cluster-admin for single users gives each of their accounts full control of the cluster; "
        "bind a group or a narrower role, or waive RBAC-03 with a reason",
    ),
    (
        "RBAC-03.2",
        pipeline(),
        pipeline(cluster_role="cluster-admin"),
        "clusterRole",
        "cluster-admin gives everybody who can change the pipeline full control of the cluster; "
        "write a narrower role, or waive RBAC-03 with a reason",
    ),
    (
        "RBAC-04.1",
        bound("ml", role="view"),
        bound(users=("alice@example.com",), role="view"),
        "users",
        "single users keep their rights when they change teams; bind a group of your provider, or "
        "waive RBAC-04 with a reason",
    ),
    (
        "RBAC-05.1",
        bound("ml", role="edit", namespaces=("training",)),
        bound("ml", role="edit"),
        "clusterRole",
        "edit cluster wide can create tokens for every service account, including those of "
        "kube-system, which is nearly cluster-admin; write namespaces, or waive RBAC-05 with a "
        "reason",
    ),
    (
        "RBAC-05.2",
        bound("ml", role="view", namespaces=("training", "kube-system")),
        bound("ml", role="admin", namespaces=("training", "kube-system")),
        "clusterRole",
        "admin in kube-system can create tokens for the control plane's own service accounts, "
        "which is nearly cluster-admin; write other namespaces, or waive RBAC-05 with a reason",
    ),
    (
        "RBAC-06.1",
        bound("ml", role="view"),
        bound("ml", role="*"),
        "clusterRole",
        '"*" is not the name of a role; write the name of one ClusterRole',
    ),
    (
        "RBAC-07.1",
        block(),
        block(adminGroupBinding="admins"),
        "adminGroupBinding",
        "gives cluster-admin outside RBAC, and the output access does not show it; bind the group "
        "in bindings, or waive RBAC-07 with a reason",
    ),
    (
        "RBAC-08.1",
        placed_people(),
        placed_people(namespaces=("train", "serv")),
        "namespaces[1]",
        'cluster east has no namespace "serv" (the nearest is "serve"); correct the name, or '
        "create the namespace first",
    ),
    (
        "RBAC-09.1",
        placed_people(),
        placed_people("edti"),
        "clusterRole",
        'cluster east has no ClusterRole "edti" (the nearest is "edit"), so this would grant '
        "nothing; correct the name, or create the role first",
    ),
    (
        "RBAC-10.1",
        read(
            {"clusters": [{"name": "a"}], "bindings": [{"clusterRole": "view", "groups": ["ml"]}]}
        ),
        read(
            {
                "clusters": [{"name": "a"}],
                "bindings": [{"clusterRole": "view", "groups": ["ml"]}] * 2,
            }
        ),
        "bindings[1]",
        'repeats bindings[0]: "ml" gets view cluster wide; it is bound only once, so remove one of '
        "the two",
    ),
    (
        "RBAC-11.1",
        bound("ml", role="editorial"),
        bound("ml", role="edti"),
        "clusterRole",
        '"edti" looks like a misspelling of "edit", a role that every cluster has. A binding to a '
        'role that does not exist grants nothing; write "edit", or waive RBAC-11 if you have a '
        "role of this name",
    ),
    (
        "ROLE-01.1",
        custom("bind", "clusterroles", RBAC, names=["view"]),
        custom("bind", "clusterroles", RBAC),
        "rules[0]",
        '"bind on clusterroles" lets its holder give every right to anybody, itself included; '
        "remove it and give roles in bindings, name the roles of bind in resourceNames, or waive "
        "ROLE-01 with a reason",
    ),
    (
        "ROLE-02.1",
        custom("get", "users"),
        custom("impersonate", "users"),
        "rules[0]",
        '"impersonate on users" lets its holder act as the users, groups or service accounts that '
        "it names, administrators included; remove it, or waive ROLE-02 with a reason",
    ),
    (
        "ROLE-03.1",
        custom("create", "serviceaccounts/token", names=["deployer"]),
        custom("create", "serviceaccounts/token"),
        "rules[0]",
        '"create on serviceaccounts/token" lets its holder log in as every service account there, '
        "with all its rights; name the accounts in resourceNames, or waive ROLE-03 with a reason",
    ),
    (
        "ROLE-04.1",
        custom("get", "secrets", names=["db"]),
        custom("watch", "pods secrets"),
        "rules[0]",
        '"watch on secrets" lets its holder read every password, key and token that is kept there; '
        "name the Secrets in resourceNames, or waive ROLE-04 with a reason",
    ),
    (
        "ROLE-05.1",
        custom("get", "nodes/metrics nodes/log"),
        custom("get", "nodes/proxy"),
        "rules[0]",
        '"get on nodes/proxy" lets its holder run commands in every pod of a node, past the API '
        "server's audit log; write what is needed of nodes/metrics, nodes/stats, nodes/log and "
        "nodes/healthz, or waive ROLE-05 with a reason",
    ),
    (
        "ROLE-06.1",
        custom("get", "pods/log"),
        custom("create", "pods/exec"),
        "rules[0]",
        '"create on pods/exec" lets its holder run commands in pods, with the rights and Secrets '
        "of their service accounts; remove it where pods/log is enough, or waive ROLE-06 with a "
        "reason",
    ),
    (
        "ROLE-07.1",
        custom("get", "mutatingwebhookconfigurations", HOOKS),
        custom("patch", "mutatingwebhookconfigurations", HOOKS),
        "rules[0]",
        '"patch on mutatingwebhookconfigurations" lets its holder read and change every object that '
        "anybody writes; remove it, or waive ROLE-07 with a reason",
    ),
    (
        "ROLE-08.1",
        custom("get", "*/scale", "apps"),
        custom("get", "*"),
        "rules[0].resources",
        '"*" also means everything that is added later, and includes today: reads of Secrets, '
        "nodes/proxy, commands in pods; write the names, or waive ROLE-08 with a reason",
    ),
    (
        "ROLE-09.1",
        custom("get", "certificatesigningrequests", "certificates.k8s.io"),
        custom("approve", "signers", "certificates.k8s.io"),
        "rules[0]",
        '"approve on signers" lets its holder issue certificates by which somebody logs in under '
        "any name; remove it, or waive ROLE-09 with a reason",
    ),
    (
        "ROLE-10.1",
        custom("get", "pods", name="viewer"),
        custom("get", "pods", name="view"),
        "name",
        '"view" is a role that every cluster has, and would be replaced; write another name',
    ),
    (
        "ROLE-11.1",
        custom("get list", "pods pods/log jobs", "*"),
        custom("get", "pod"),
        "rules[0].resources[0]",
        '"pod" is no resource of the API group "" in Kubernetes v1.36.3 (the nearest is "pods"), '
        "so the rule would give nothing for it; correct it, or waive ROLE-11 if your clusters have "
        "it",
    ),
    (
        "ROLE-12.1",
        made(custom("get", "pods"), PresentRole(None, "jobs", True)),
        made(custom("get", "pods"), PresentRole(None, "jobs", False)),
        "name",
        'cluster east has a ClusterRole "jobs" that this program did not make, and it is not '
        "replaced; write another name, or delete that role first",
    ),
    (
        "ROLE-13.1",
        made(custom("get", "pods", namespaces=["train"])),
        made(custom("get", "pods", namespaces=["trian"])),
        "namespaces[0]",
        'cluster east has no namespace "trian" (the nearest is "train"); correct the name, or '
        "create the namespace first",
    ),
    (
        "TOKEN-01.1",
        stored(1 / 144),
        stored(1 / 145),
        "lifetime",
        "is less than 10 minutes, which the API server refuses; write 10m or more",
    ),
    (
        "TOKEN-02.1",
        stored(366),
        stored(367),
        "lifetime",
        "is more than 366 days, but updates renew the token, so it need not live for years; write "
        "30d",
    ),
    (
        "TOKEN-03.1",
        stored(90),
        stored(91),
        "lifetime",
        "is more than 90 days: a stolen token works until it expires, and a cluster may shorten "
        "the lifetime; write 30d, or waive TOKEN-03 with a reason",
    ),
    (
        "TOKEN-04.1",
        stored(30, 7),
        stored(30, 30),
        "renewBefore",
        "must be less than the lifetime, or every update rotates the token; write a quarter of the "
        "lifetime",
    ),
    (
        "WAIVER-01.1",
        waivers(("OIDC-10", "few groups")),
        waivers(("OIDC-99", "few groups")),
        "waivers[0].rule",
        '"OIDC-99" is not a rule; write an id from docs/rules.md',
    ),
    (
        "WAIVER-02.1",
        waivers(("OIDC-10", "few groups")),
        waivers(("RBAC-01", "we need it")),
        "waivers[0].rule",
        "RBAC-01 cannot be waived, because breaking it would affect Kubernetes' own names or keep "
        "the control plane from starting; obey the rule and remove the waiver",
    ),
    (
        "WAIVER-03.1",
        waivers(("OIDC-10", "few groups")),
        waivers(("OIDC-10", " ")),
        "waivers[0].reason",
        "is empty; write why this stack breaks OIDC-10 on purpose",
    ),
    (
        "WAIVER-04.1",
        waivers(("OIDC-10", "few groups")),
        waivers(("OIDC-07", "all are verified")),
        "waivers[0]",
        "nothing in this stack needs this waiver of OIDC-07; remove it",
    ),
]

USER, NAME, SCOPE = ["users[0]"], ["usernameClaim"], ["identity.extraScopes[0]"]
NO_ISSUERS: dict[str, Provider] = {
    "https://github.com": "github",
    "https://github.com/login/oauth": "generic",
    "https://acme-admin.okta.com": "okta",
    "https://login.windows.net/8f3c1f2e-0d0a-4a55-9a43-3f6d1e2b7c10/": "entra",
    "https://acme.okta.com/oauth2": "okta",
    "https://acme.okta.com/oauth2/v1": "okta",
    "https://accounts.google.com/o/oauth2/v2": "google",
    "https://t.eu.auth0.com/oauth/": "auth0",
    "https://cognito-idp.eu-west-1.amazonaws.com": "cognito",
    "https://cognito-identity.amazonaws.com": "generic",
    "https://d-1234567890.awsapps.com/start": "generic",
    "https://ssoins-1234.portal.eu-west-1.app.aws": "generic",
    "https://oidc.eu-west-1.amazonaws.com": "generic",
    "https://identitycenter.amazonaws.com/ssoins-1234": "generic",
    "https://acme.onelogin.com": "onelogin",
    "https://acme.teleport.sh": "generic",
    "https://oauth.id.jumpcloud.com/oauth2/": "jumpcloud",
    "https://acme-x1.eu1.zitadel.cloud/oauth/v2": "zitadel",
}
ODD_ISSUERS: dict[str, Provider] = {
    "https://id.example.com/realms/eng/protocol/openid-connect": "keycloak",
    "https://ak.example.com/application/o/": "authentik",
    "https://ak.example.com/if/user/": "authentik",
    "https://teleport.example.com": "teleport",
}
WRONG_KINDS: list[tuple[Provider, str, str]] = [
    ("zitadel", "groupsClaim", "urn:zitadel:iam:org:project:roles"),
    ("zitadel", "groupsClaim", "urn:zitadel:iam:org:project:4711:roles"),
    ("cognito", "groupsClaim", "identities"),
    ("cognito", "usernameClaim", "cognito:groups"),
    ("entra", "usernameClaim", "roles"),
    ("entra", "groupsClaim", "hasgroups"),
    ("dex", "groupsClaim", "federated_claims"),
    ("generic", "groupsClaim", "email_verified"),
    ("generic", "groupsClaim", "auth_time"),
    ("generic", "usernameClaim", "exp"),
    ("gitlab", "usernameClaim", "groups_direct"),
]
NEVER_TEXT: list[tuple[Provider, str]] = [
    ("generic", "address"),
    ("generic", "auth_time"),
    ("entra", "roles"),
    ("entra", "wids"),
    ("keycloak", "realm_access"),
    ("keycloak", "resource_access"),
    ("cognito", "cognito:groups"),
    ("zitadel", "urn:zitadel:iam:org:project:roles"),
    ("gitlab", "groups_direct"),
    ("dex", "federated_claims"),
]
PROBABLY_NO_TEXT = (
    "roles",
    "userRoles",
    "memberOf",
    "permissions",
    "https://acme.example/groups",
    "cognito:groups",
    "realm_access",
    "phone_verified",
    "is_admin",
    "identities",
    "department",
)
PULL_REQUEST_SUBS = (
    "repo:acme/infra:pull_request:job_workflow_ref:acme/ci/.github/workflows/x.yml@main",
    "repo:acme@65/infra@77:pull_request:actor:bob",
    "job_workflow_ref:acme/ci/.github/workflows/x.yml@main:repo:acme/infra:pull_request",
    "repository_owner:acme:event_name:pull_request_target",
    "repository_id:77:ref:refs/pull/4/merge",
    "repository_owner_id:65:base_ref:main",
)
REFUSED_SCOPES: list[tuple[Provider, str, str]] = [
    ("google", "https://accounts.google.com", "groups"),
    ("generic", "https://accounts.google.com", "offline_access"),
    ("okta", "https://acme.okta.com", "roles"),
    ("entra", f"https://login.microsoftonline.com/{GUID}/v2.0", "groups"),
    ("entra", f"https://login.microsoftonline.com/{GUID}/v2.0", OTHER_GUID),
    ("dex", "https://dex.example.com", "roles"),
    ("gitlab", "https://gitlab.com", "groups"),
    ("gitlab", "https://gitlab.example.com", "offline_access"),
    ("onelogin", "https://acme.onelogin.com/oidc/2", "offline_access"),
]
DOUBTFUL_SCOPES: list[tuple[Provider, str, str]] = [
    ("okta", "https://acme.okta.com/oauth2/aus1", "roles"),
    ("okta", "https://login.acme.example", "teams"),
    ("cognito", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A", "offline_access"),
    ("generic", "https://idp.example.com", "groups offline_access"),
    ("keycloak", "https://idp.example.com/realms/a", "groups,roles"),
]
UNREACHABLE = (
    "https://localhost:8443",
    "https://127.0.0.1:5556/dex",
    "https://10.0.0.7/realms/a",
    "https://192.168.1.20",
    "https://172.20.0.3",
    "https://169.254.169.254",
    "https://100.64.1.2",
    "https://0.0.0.0",
    "https://[::1]:8443",
    "https://[fd00::7]",
    "https://keycloak",
    "https://dex.auth.svc",
    "https://dex.auth.svc.cluster.local",
    "https://host.docker.internal",
    "https://id.corp",
    "https://id.home.arpa",
    "https://keycloak.local.",
    "https://auth.localtest.me",
    "https://dex.127.0.0.1.nip.io",
    "https://dex-192-168-1-4.sslip.io",
    "https://dex.example.com:5556/dex",
    "https://id.example.com:8080",
    "https://dex.example.com:32000",
    "https://id.example.com:50123",
)
# The other ways in which a clause can be broken: clause, what it refuses, the places.
MORE: list[tuple[str, str, Any, list[str]]] = [
    ("OIDC-01.1", "no host", block(issuerUrl="https://"), ["issuerUrl"]),
    ("OIDC-01.1", "a query", block(issuerUrl="https://a?b=c"), ["issuerUrl"]),
    ("OIDC-01.1", "an empty fragment", block(issuerUrl="https://a#"), ["issuerUrl"]),
    ("OIDC-01.1", "a user", block(issuerUrl="https://me@a"), ["issuerUrl"]),
    ("OIDC-01.1", "a space", block(issuerUrl="https://a "), ["issuerUrl"]),
    ("OIDC-01.1", "half an address", block(issuerUrl="https://[a"), ["issuerUrl"]),
    (
        "OIDC-01.1",
        "the discovery path",
        block(issuerUrl="https://a/.well-known/openid-configuration"),
        ["issuerUrl"],
    ),
    ("OIDC-02.1", "Google", block(issuerUrl="https://accounts.google.com/"), ["issuerUrl"]),
    ("OIDC-02.1", "a realm", block("keycloak", issuerUrl="https://a/realms/b/"), ["issuerUrl"]),
    ("OIDC-02.1", "an own domain", block("auth0", issuerUrl="https://id.a.example"), ["issuerUrl"]),
    ("OIDC-02.1", "Entra v1", block(issuerUrl=f"https://sts.windows.net/{GUID}"), ["issuerUrl"]),
    (
        "OIDC-03.1",
        "v1 with v2",
        block(issuerUrl=f"https://sts.windows.net/{GUID}/v2.0/"),
        ["issuerUrl"],
    ),
    (
        "OIDC-03.1",
        "a domain without version",
        block(issuerUrl="https://login.microsoftonline.com/acme.example"),
        ["issuerUrl", "issuerUrl"],
    ),
    ("OIDC-05.1", "a space", block(clientId="cks "), ["clientId"]),
    ("OIDC-05.1", "no issuer", block(issuerUrl=""), ["issuerUrl"]),
    ("OIDC-06.1", "no claim is sub", block(usernameClaim=""), ["usernamePrefix"]),
    ("OIDC-06.1", "case counts", block(usernameClaim="Email"), ["usernamePrefix"]),
    (
        "OIDC-08.1",
        "users",
        block(usernameClaim="sub", usernamePrefix="-"),
        ["usernamePrefix"],
    ),
    ("OIDC-08.2", "half of it", block(usernamePrefix="sys"), ["usernamePrefix"]),
    ("OIDC-09.1", "GitHub", block(**GITHUB, groupsClaim="groups"), ["groupsClaim"]),
    ("OIDC-09.2", "an index", block(usernameClaim="emails[0]"), ["usernameClaim"]),
    ("OIDC-12.1", "no pair", block(requiredClaim="hd"), ["requiredClaim"]),
    ("OIDC-12.3", "a list", block(requiredClaim="aud=cks"), ["requiredClaim"]),
    ("OIDC-12.2", "two pairs", block(requiredClaim="q=a,r=b"), ["requiredClaim"]),
    ("OIDC-12.2", "no value", block(requiredClaim="hd="), ["requiredClaim"]),
    ("OIDC-12.2", "CI without owner", block(**GITHUB), ["requiredClaim"]),
    ("HOOK-01.2", "no host", hook(server="https:///authn"), ["server"]),
    (
        "NET-01.1",
        "a password",
        way({"servers.managed": "https://:pw@a.ts.net", "servers.pipelines": "a.ts.net"}),
        ["servers.managed", "servers.pipelines"],
    ),
    ("NET-01.1", "a space", way({"servers.managed": "https://a b"}), ["servers.managed"]),
    ("NET-02.1", "a password", way({"proxyUrl": "http://me:pw@p:1"}), ["proxyUrl"]),
    ("NET-02.1", "no URL", way({"proxyUrl.pipelines": "http://[p"}), ["proxyUrl.pipelines"]),
    ("NET-02.1", "no scheme", way({"proxyUrl.managed": "p:1"}), ["proxyUrl.managed"]),
    ("NET-04.1", "no PEM", way({"certificateAuthority": "-----BEGIN x"}), ["certificateAuthority"]),
    (
        "NET-05.1",
        "both servers",
        way(
            {
                "servers.managed": "http://127.0.0.1:1",
                "servers.unmanaged": "http://127.0.0.1:2",
                "tlsServerName": "a",
                "certificateAuthority": ROOT,
            }
        ),
        ["tlsServerName", "certificateAuthority"],
    ),
    ("HOOK-01.2", "a user", hook(server="https://u:p@hook.example.com"), ["server"]),
    ("HOOK-01.2", "a fragment", hook(server="https://hook.example.com/#a"), ["server"]),
    ("HOOK-01.2", "no URL", hook(server="https://[h"), ["server"]),
    ("OIDC-13.2", "expired", block(ca=certificate("gone", days=-1)), ["ca"]),
    ("OIDC-13.3", "no constraints", block(ca=ROOT + LEAF + OLD_ROOT), ["ca", "ca"]),
    ("OIDC-14.1", "a space", bound(users=("alice ",)), ["users[0]"]),
    (
        "OIDC-14.2",
        "the issuer in front",
        bound(users=(f"{ISSUER}#alice",), usernameClaim="sub"),
        ["users[0]"],
    ),
    ("OIDC-14.4", "an id", bound(GUID.upper(), **ENTRA), ["groups[0]"]),
    ("OIDC-15.1", "the new form alone", bound(users=(NEW_SUB,), **GITHUB), ["users[0]"]),
    ("OIDC-16.3", "no RSA key", discovered(rsa_keys=0), ["issuerUrl"]),
    ("OIDC-16.3", "unread keys", discovered(keys_problem="ReadTimeout: "), ["issuerUrl"]),
    ("OIDC-09.3", "jobs have no addresses", block(**GITHUB | {"usernameClaim": "email"}), NAME),
    (
        "OIDC-09.3",
        "a job's claim for people",
        block(**GOOGLE, requiredClaim="repository_owner_id=65"),
        ["requiredClaim"],
    ),
    *(
        ("OIDC-22.1", provider, bound("ml", provider=provider), ["groups"])
        for provider in providers.PRESETS
    ),
    (
        "OIDC-22.2",
        "no number of GitLab's",
        bound(users=("alice", "4711"), **GITLAB, groupsClaim="groups_direct"),
        ["users[0]"],
    ),
    ("OIDC-22.2", "no number", bound(users=("alice",), **GOOGLE | BY_SUB), ["users[0]"]),
    ("OIDC-22.2", "no address", bound(users=("114",), **GOOGLE), ["users[0]"]),
    ("OIDC-22.2", "no GUID", bound(users=("a@b.c", GUID.upper()), **ENTRA | BY_OID), ["users[0]"]),
    ("OIDC-22.2", "opaque", bound(users=("a@b.c", "AAx-9"), **ENTRA | BY_SUB), ["users[0]"]),
    ("OIDC-22.2", "Dex", bound(users=("a@b.c",), provider="dex", **BY_SUB), ["users[0]"]),
    ("OIDC-22.3", "Okta", bound(users=("a@b.c", "00u1"), provider="okta", **BY_SUB), ["users[0]"]),
    (
        "OIDC-22.3",
        "Keycloak",
        bound(users=("a@b.c", "f:1:a@b.c", GUID), provider="keycloak", **BY_SUB),
        ["users[0]"],
    ),
    (
        "OIDC-22.3",
        "Auth0",
        bound(users=("a@b.c", "samlp|acme|a@b.c"), provider="auth0", **BY_SUB),
        ["users[0]"],
    ),
    (
        "OIDC-23.1",
        "another address",
        bound(users=("a@b.c", "d@b.c"), requiredClaim="email=a@b.c"),
        ["users[1]"],
    ),
    (
        "OIDC-23.1",
        "another group",
        bound("prod", "dev", **GITHUB, groupsClaim="environment", requiredClaim="environment=prod"),
        ["groups[1]"],
    ),
    (
        "OIDC-23.1",
        "a private account",
        bound(users=("a@gmail.com",), **GOOGLE, requiredClaim="hd=example.com"),
        ["users[0]"],
    ),
    *(
        (
            "OIDC-23.1",
            required,
            bound(
                users=(NEW_SUB, "repo:acme@65/infra@77:ref:refs/heads/main"),
                **GITHUB,
                requiredClaim=required,
            ),
            paths,
        )
        for required, paths in {
            "repository=acme/web": ["users[0]", "users[1]"],
            "repository_owner=acne": ["users[0]", "users[1]"],
            "repository_id=78": ["users[0]", "users[1]"],
            "environment=staging": ["users[0]"],
            "ref=refs/heads/next": ["users[1]"],
        }.items()
    ),
    *(
        ("OIDC-23.1", required, bound(users=(GITLAB_SUB,), **GITLAB, requiredClaim=required), USER)
        for required in ("project_path=acme/web", "namespace_path=acne", "ref=next", "ref_type=tag")
    ),
    *(
        (
            "OIDC-23.2",
            context,
            bound(users=(f"repo:a/b:{context}",), **GITHUB, requiredClaim="environment=prod"),
            USER,
        )
        for context in ("ref:refs/heads/main", "pull_request")
    ),
    *(
        ("OIDC-24.1", sub, bound(users=(sub,), **GITHUB), USER)
        for sub in (
            "alice@example.com",
            "acme/infra",
            GITLAB_SUB,
            "repo:infra:environment:prod",
            "repo:acme@65/infra:environment:prod",
            "repo:acme/infra:main",
            "repo:acme/infra:environment:",
        )
    ),
    *(
        ("OIDC-24.2", sub, bound(users=(sub,), **GITHUB), USER)
        for sub in (
            "repo:acme/infra",
            "repo:acme/infra:job_workflow_ref:acme/ci/.github/workflows/x.yml@main",
            "repository_owner:acme",
        )
    ),
    *(
        ("OIDC-24.1", f"{sub} at GitLab", bound(users=(sub,), **GITLAB), USER)
        for sub in ("alice@example.com", OLD_SUB, "project_path:infra:ref_type:branch:ref:main")
    ),
    *(
        ("OIDC-24.2", sub, bound(users=(sub,), **GITLAB), USER)
        for sub in (
            "project_path:acme/infra",
            "project_path:acme/infra:ref_type:branch:ref:refs/heads/main",
        )
    ),
    (
        "RBAC-01.2",
        "a service account",
        bound(users=("system:serviceaccount:ci:deployer",)),
        ["users[0]"],
    ),
    (
        "PIPE-03.1",
        "a place of work",
        JudgedEntry(
            entry=pipeline(namespaces=["trian"]),
            cluster="east",
            namespaces={"ci": False, "train": False},
            cluster_roles=["edit"],
        ),
        ["namespaces[0]"],
    ),
    ("PIPE-03.1", "its home is being deleted", placed(terminating=("ci",)), ["namespace"]),
    *(
        ("NET-06.1", text, way({"endpoint": text}), ["endpoint"])
        for text in ("https://u:p@a.example", "a.example/k8s", "a.example:x", "a.example?x=1")
    ),
    ("RBAC-08.1", "it is being deleted", placed_people(terminating=True), ["namespaces[0]"]),
    (
        "RBAC-05.1",
        "a role that extends one",
        replace(bound("ml", role="jobs"), roles=[custom("get", "pods", extends="edit")]),
        ["clusterRole"],
    ),
    (
        "RBAC-06.1",
        "a Role",
        replace(bound(), binding=BindingSettings.model_construct(groups=["ml"], role="a*")),
        ["role"],
    ),
    (
        "RBAC-09.1",
        "a Role",
        replace(
            placed_people(),
            entry=BindingSettings.model_construct(role="edit", namespaces=["serve", "gone"]),
            roles=[("train", "edit"), ("serve", "edits")],
        ),
        ["role"],
    ),
    *(
        ("RBAC-11.1", what, replace(bound("ml"), binding=binding, roles=roles), ["role"])
        for what, binding, roles in (
            (
                "a Role of the stack",
                BindingSettings.model_construct(groups=["ml"], role="job"),
                [custom("get", "pods", namespaces=["train"])],
            ),
            (
                "a ClusterRole as a Role",
                BindingSettings.model_construct(groups=["ml"], role="view"),
                [],
            ),
        )
    ),
    (
        "RBAC-11.1",
        "a ClusterRole of the stack",
        replace(bound("ml", role="job"), roles=[custom("get", "pods")]),
        ["clusterRole"],
    ),
    ("ROLE-01.1", "every verb of roles", custom("*", "roles", RBAC), ["rules[0]"]),
    ("ROLE-01.1", "whatever the resource", custom("escalate", "*", RBAC), ["rules[0]"]),
    ("ROLE-02.1", "constrained", custom("impersonate:user-info", "*"), ["rules[0]"]),
    ("ROLE-03.1", "the tokens of everything", custom("create", "*/token"), ["rules[0]"]),
    ("ROLE-06.1", "a debug container", custom("patch", "pods/ephemeralcontainers"), ["rules[0]"]),
    ("ROLE-08.1", "verbs", custom("*", "pods"), ["rules[0].verbs"]),
    ("ROLE-08.1", "URLs", urls("get", "*"), ["rules[0].nonResourceURLs"]),
    *(
        ("ROLE-11.1", what, role, [path])
        for what, path, role in (
            ("a verb", "rules[0].verbs[0]", custom("red", "pods")),
            ("a verb for URLs", "rules[0].verbs[0]", urls("list", "/metrics")),
            ("a URL", "rules[0].nonResourceURLs[1]", urls("get", "*", "metrics")),
            ("a group", "rules[0].apiGroups[0]", custom("get", "deployments", "app")),
            ("a version", "rules[0].apiGroups[0]", custom("get", "pods", "v1")),
            ("another group's", "rules[0].resources[0]", custom("get", "deployments")),
            ("a subresource", "rules[0].resources[0]", custom("get", "pods/logs")),
        )
    ),
    (
        "ROLE-12.1",
        "a Role",
        made(custom("get", "pods", namespaces=["train"]), PresentRole("train", "jobs", False)),
        ["name"],
    ),
    (
        "ROLE-12.1",
        "the rules that it adds",
        made(
            custom("get", "pods", extends="view"),
            PresentRole(None, "cks-access:aggregate-to-jobs", False),
        ),
        ["name"],
    ),
    (
        "ROLE-13.1",
        "it is being deleted",
        made(custom("get", "pods", namespaces=["train"]), terminating=True),
        ["namespaces[0]"],
    ),
    ("TOKEN-04.1", "a negative window", stored(30, -1), ["renewBefore"]),
    ("RBAC-01.2", "with the prefix", bound("masters", groupsPrefix="system:"), ["groups[0]"]),
    *(
        ("RBAC-11.1", slip, bound("ml", role=role), ["clusterRole"])
        for slip, role in {
            "a letter too few": "vie",
            "another letter": "vies",
            "two letters too many": "editor",
            "the first two swapped": "deit",
            "a capital": "View",
            "another sign": "cluster_admin",
            "two slips": "clsuter-admn",
            "a role of Kubernetes' own": "system:auth-delegater",
        }.items()
    ),
    *(
        ("CLUSTER-01.1", name, stack(clusters=[{"name": name}]), ["clusters[0].name"])
        for name in ("-train", "train-", "train.east", "träin", "a" * 31, "Train", "___")
    ),
    *(
        ("OIDC-03.2", url, block(provider, issuerUrl=url), ["issuerUrl"])
        for url, provider in NO_ISSUERS.items()
    ),
    *(
        ("OIDC-03.3", url, block(provider, issuerUrl=url), ["issuerUrl"])
        for url, provider in ODD_ISSUERS.items()
    ),
    *(
        ("OIDC-09.5", f"{provider} {claim}", block(provider, **{leaf: claim}), [leaf])
        for provider, leaf, claim in WRONG_KINDS
    ),
    *(
        ("OIDC-09.6", claim, block(groupsClaim=claim), ["groupsClaim"])
        for claim in ("realm_access", "identities", "is_admin", "federated_claims")
    ),
    *(
        (
            "OIDC-12.3",
            f"{provider} {claim}",
            block(provider, requiredClaim=f"{claim}=x"),
            ["requiredClaim"],
        )
        for provider, claim in NEVER_TEXT
    ),
    *(
        (
            "OIDC-12.4",
            claim,
            block(requiredClaim=f"{claim}=prod", groupsClaim="department"),
            ["requiredClaim"],
        )
        for claim in PROBABLY_NO_TEXT
    ),
    *(
        ("OIDC-15.1", sub, bound(users=(sub,), **GITHUB), USER)
        for sub in (
            "repo:acme/infra:pull_request",
            "repo:acme/infra:environment:prod:job_workflow_ref:acme/ci/.github/workflows/x.yml@main",
            "job_workflow_ref:acme/ci/.github/workflows/x.yml@main:repo:acme@65/infra@77",
        )
    ),
    *(
        ("OIDC-15.2", sub, bound(users=(sub,), role="edit", **GITHUB), USER)
        for sub in PULL_REQUEST_SUBS
    ),
    *(
        ("OIDC-15.3", sub, bound(users=(sub,), role="edit", **GITHUB), USER)
        for sub in (
            "repo:acme/infra",
            "repository_id:77",
            "repository_owner:acme:repository_visibility:private",
            "job_workflow_ref:acme/ci/.github/workflows/x.yml@refs/heads/main",
            "repo_property_team:ml:repository_owner_id:65",
        )
    ),
    *(
        (
            "OIDC-23.1",
            f"{sub} and {required}",
            bound(users=(sub,), **GITHUB, requiredClaim=required),
            USER,
        )
        for sub, required in {
            "repository_owner:acme": "repository_owner=acne",
            "repo:acme@65/infra@77:pull_request:actor:bob": "repository_owner_id=66",
            "repository_id:77:environment:eu%3Aprod": "environment=eu:dev",
        }.items()
    ),
    *(
        ("OIDC-25.1", client, block(**ENTRA | {"clientId": client}), ["clientId"])
        for client in (
            f"api://{OTHER_GUID}",
            OTHER_GUID.upper(),
            f"{{{OTHER_GUID}}}",
            OTHER_GUID.replace("-", ""),
            "api://cks.example.com/k8s",
            "kubernetes",
        )
    ),
    ("OIDC-25.2", "v1", block(**ENTRA_V1 | {"clientId": f"spn:{OTHER_GUID}"}), ["clientId"]),
    ("OIDC-25.3", "v1", block(**ENTRA_V1 | {"clientId": GUID.upper()}), ["clientId"]),
    *(
        ("OIDC-26.1", f"{provider} {scope}", asking(provider, url, scope), SCOPE)
        for provider, url, scope in REFUSED_SCOPES
    ),
    *(
        ("OIDC-26.2", f"{provider} {scope}", asking(provider, url, scope), SCOPE)
        for provider, url, scope in DOUBTFUL_SCOPES
    ),
    *(("OIDC-27.1", url, block(issuerUrl=url), ["issuerUrl"]) for url in UNREACHABLE),
    (
        "OIDC-28.1",
        "people who log in with GitHub",
        asking("github", "https://dex.example.com", groupsClaim="groups"),
        ["identity.provider"],
    ),
    (
        "OIDC-28.1",
        "jobs of another provider",
        asking("gitlab", "https://token.actions.githubusercontent.com"),
        ["identity.provider"],
    ),
    ("WAIVER-04.1", "twice", waivers(("OIDC-10", "a"), ("OIDC-10", "b")), ["waivers[1]"]),
]

RIGHT_ISSUERS: dict[str, Provider] = {
    "https://accounts.google.com": "google",
    "https://acme.okta.com": "okta",
    "https://acme.okta.com/oauth2/default": "okta",
    "https://login.acme.example/oauth2/aus1a2b3": "okta",
    "https://id.example.com/realms/eng": "keycloak",
    "https://example.com/sso/auth/realms/eng": "keycloak",
    "https://token.actions.githubusercontent.com": "github",
    "https://token.actions.githubusercontent.com/acme": "github",
    "https://oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF": "generic",
    "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_aBc": "cognito",
    "https://acme.onelogin.com/oidc/2": "onelogin",
    "https://oauth.id.jumpcloud.com/": "jumpcloud",
    "https://ak.example.com/": "authentik",
    "https://ak.example.com/application/o/cks/": "authentik",
    "https://example.com/sso/application/o/cks/": "authentik",
    "https://acme-x1.eu1.zitadel.cloud": "zitadel",
    "https://acme.teleport.sh/workload-identity": "teleport",
    "https://sso.example.com:9031": "pingfederate",
    "https://dex.example.com/any/path": "dex",
}
RIGHT_SCOPES: list[tuple[Provider, str, str]] = [
    ("okta", "https://acme.okta.com", "okta.users.read.self"),
    ("okta", "https://acme.okta.com/oauth2/default", "device_sso"),
    ("entra", f"https://login.microsoftonline.com/{GUID}/v2.0", f"api://{OTHER_GUID}/.default"),
    ("entra", f"https://login.microsoftonline.com/{GUID}/v2.0", "User.Read"),
    ("entra", f"https://sts.windows.net/{GUID}/", "groups"),
    ("dex", "https://dex.example.com", "audience:server:client_id:other"),
    ("cognito", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A", "cks/admin"),
    ("keycloak", "https://idp.example.com/realms/a", "groups"),
    ("authentik", "https://ak.example.com/", "groups"),
    ("generic", "https://idp.example.com", "groups"),
]
REACHABLE = (
    "https://id.example.com",
    "https://id.example.com:443",
    "https://id.example.com:8443/realms/a",
    "https://8.8.8.8",
    "https://dex.8.8.8.8.nip.io",
    "https://id.mylocal.example",
    "https://internal.example.com",
    "https://[broken",
    "https://a:99999",
)

# What looks like a mistake and is none.
FINE: list[tuple[str, str, Any]] = [
    ("OIDC-01.1", "no issuer at all", block(issuerUrl="")),
    ("OIDC-02.1", "an unknown host", block(issuerUrl="https://a.example/")),
    ("OIDC-02.1", "what OIDC-01 says", block(issuerUrl="https://t.auth0.com/.well-known/x")),
    ("OIDC-02.1", "no issuer at all", block(issuerUrl="")),
    ("OIDC-03.1", "v1", block(issuerUrl=f"https://sts.windows.net/{GUID}/")),
    ("OIDC-03.1", "an external tenant", block("entra", issuerUrl="https://a.ciamlogin.com/b/v2.0")),
    ("OIDC-03.1", "no issuer at all", block("entra", issuerUrl="")),
    ("OIDC-12.2", "a GitLab of one's own", block("gitlab")),
    ("OIDC-14.3", "what OIDC-14 and RBAC-01 say", bound("ml*", "system:masters", **ENTRA)),
    ("OIDC-14.4", "a sub is no address", bound(users=("a@B",), usernameClaim="sub")),
    ("OIDC-14.4", "an id in lower case", bound(GUID, **ENTRA)),
    (
        "OIDC-15.1",
        "GitHub Enterprise Server",
        bound(users=(OLD_SUB,), **GITHUB | {"issuerUrl": "https://ghes.example/_services/token"}),
    ),
    ("OIDC-15.1", "a sub of another form", bound(users=("anything",), **GITHUB)),
    ("OIDC-15.1", "not a sub", bound(users=(OLD_SUB,), **GITHUB | {"usernameClaim": "actor"})),
    ("OIDC-16.2", "nothing was read", discovered(problem="x", issuer="")),
    ("OIDC-16.3", "nothing was read", discovered(problem="x", jwks_uri="")),
    ("OIDC-16.4", "nothing was read", discovered(problem="x", algorithms=())),
    (
        "OIDC-16.5",
        "Entra announces nothing",
        replace(discovered(pkce_methods=()), preset=providers.PRESETS["entra"]),
    ),
    ("OIDC-16.5", "a secret", replace(discovered(pkce_methods=()), has_secret=True)),
    ("OIDC-18.1", "another host", at_endpoint("cluster.internal.example")),
    ("OIDC-18.1", "not a host", at_endpoint("[")),
    ("HOOK-01.2", "no server", hook(server=None)),
    ("NET-02.1", "no proxy for pipelines", way({"proxyUrl.pipelines": ""})),
    ("OIDC-20.1", "no identity", read({"bindings": []})),
    ("TOKEN-03.1", "what TOKEN-02 says", stored(367)),
    ("OIDC-22.1", "no group", bound(users=("alice@example.com",))),
    ("OIDC-22.1", "no issuer", bound("ml", issuerUrl="", clientId="")),
    ("OIDC-22.1", "a webhook names people", replace(bound("ml"), has_webhook=True)),
    ("OIDC-22.3", "a webhook names people", replace(bound(users=("alice",)), has_webhook=True)),
    ("OIDC-22.3", "what RBAC-01 says", bound(users=("system:admin",))),
    ("OIDC-22.3", "what OIDC-14 says", bound(users=("alice*", "x:bob"), usernamePrefix="x:")),
    ("OIDC-22.3", "a claim of one's own", bound(users=("7",), usernameClaim="employee")),
    (
        "OIDC-23.1",
        "what OIDC-12 warns of",
        bound("a", groupsClaim="department", requiredClaim="department=b"),
    ),
    ("OIDC-23.1", "what OIDC-12 says", bound("a", groupsClaim="amr", requiredClaim="amr=b")),
    (
        "OIDC-23.1",
        "a name with a colon",
        bound(
            users=("repo:a/b:environment:eu%3Aprod",), **GITHUB, requiredClaim="environment=eu:prod"
        ),
    ),
    ("OIDC-23.1", "no sub", bound(users=("x:y", "repo:a/b:x:y"), **GITHUB, requiredClaim="a=b")),
    ("OIDC-23.1", "no sub of GitLab's", bound(users=("4711",), **GITLAB, requiredClaim="ref=b")),
    (
        "OIDC-23.1",
        "an account of the organisation",
        bound(users=("a@example.com",), **GOOGLE, requiredClaim="hd=example.com"),
    ),
    (
        "OIDC-23.2",
        "what is certain",
        bound(users=(NEW_SUB,), **GITHUB, requiredClaim="repository_owner_id=66"),
    ),
    (
        "OIDC-23.2",
        "an id at Google",
        bound(users=("114",), **GOOGLE | BY_SUB, requiredClaim="hd=example.com"),
    ),
    ("OIDC-24.1", "a pull request", bound(users=("repo:a/b:pull_request",), **GITHUB)),
    (
        "OIDC-24.1",
        "people of GitLab, of whom OIDC-22 speaks",
        bound(users=("alice",), **GITLAB, groupsClaim="groups_direct"),
    ),
    ("OIDC-24.1", "another provider", bound(users=("alice",), **BY_SUB)),
    ("RBAC-04.1", "pipelines", bound(users=(OLD_SUB,), **GITHUB)),
    ("RBAC-04.1", "no groups", bound(users=("a@b.c",), issuerUrl="https://accounts.google.com")),
    ("RBAC-04.1", "what RBAC-03 says", bound(users=("a@b.c",), role="cluster-admin")),
    ("RBAC-05.1", "view", bound("ml", role="view")),
    ("RBAC-11.1", "a word of its own", bound("ml", role="audit")),
    ("RBAC-11.1", "one that every cluster has", bound("ml", role="system:monitoring")),
    ("RBAC-11.1", "what RBAC-06 says", bound("ml", role="edit*")),
    ("RBAC-11.1", "none", bound("ml", role="")),
    *(
        ("CLUSTER-01.1", name, stack(clusters=[{"name": name}]))
        for name in ("a", "7", "train-east", "1a--b2", "a" * 30)
    ),
    *(
        (clause, url, block(provider, issuerUrl=url))
        for clause in ("OIDC-03.2", "OIDC-03.3")
        for url, provider in RIGHT_ISSUERS.items()
    ),
    (
        "OIDC-03.3",
        "what OIDC-03 says of the log-in page",
        block("cognito", issuerUrl="https://acme.auth.eu-west-1.amazoncognito.com"),
    ),
    ("OIDC-03.3", "no issuer at all", block("keycloak", issuerUrl="")),
    ("OIDC-03.3", "what OIDC-01 says", block("keycloak", issuerUrl="https://a/.well-known/x")),
    ("OIDC-03.3", "what OIDC-17 says", block("keycloak", issuerUrl="https://a,https://b")),
    ("OIDC-09.5", "no claims at all", block(usernameClaim="", groupsClaim="")),
    ("OIDC-09.5", "text of GitHub's", block(**GITHUB, groupsClaim="repo_property_teams")),
    ("OIDC-09.6", "text of GitHub's", block(**GITHUB, groupsClaim="repo_property_teams")),
    ("OIDC-12.3", "text of GitHub's", block(**GITHUB, requiredClaim="repo_property_is_pci=true")),
    ("OIDC-12.4", "text of GitHub's", block(**GITHUB, requiredClaim="repo_property_is_pci=true")),
    ("OIDC-12.4", "no required claim", block(groupsClaim="roles")),
    (
        "OIDC-12.4",
        "a group of one at GitHub",
        block(**GITHUB, groupsClaim="environment", requiredClaim="environment=prod"),
    ),
    ("OIDC-12.3", "one text at OneLogin", block("onelogin", requiredClaim="groups=ml")),
    (
        "OIDC-15.2",
        "a push that names no pull request",
        bound(users=("repository_id:77:base_ref:",), role="edit", **GITHUB),
    ),
    (
        "OIDC-15.3",
        "an event",
        bound(users=("repository_id:77:event_name:push",), role="edit", **GITHUB),
    ),
    ("OIDC-15.3", "view", bound(users=("repository_id:77",), role="view", **GITHUB)),
    (
        "OIDC-15.1",
        "both forms of a template",
        bound(
            users=("repo:a/b:ref:refs/heads/x:actor:c", "repo:a@1/b@2:ref:refs/heads/x:actor:c"),
            **GITHUB,
        ),
    ),
    ("OIDC-25.1", "what OIDC-05 says", block(**ENTRA | {"clientId": f"{OTHER_GUID} "})),
    ("OIDC-25.1", "no client", block(**ENTRA | {"clientId": ""})),
    ("OIDC-25.3", "no client", block(**ENTRA | {"clientId": ""})),
    ("OIDC-25.2", "an id at v1", block(**ENTRA_V1)),
    *(
        (clause, f"{provider} {scope}", asking(provider, url, scope))
        for clause in ("OIDC-26.1", "OIDC-26.2")
        for provider, url, scope in RIGHT_SCOPES
    ),
    ("OIDC-26.1", "no identity", read({"bindings": []})),
    ("OIDC-26.3", "no identity", read({"bindings": []})),
    ("OIDC-26.3", "no groups", asking("okta", "https://acme.okta.com/oauth2/default")),
    (
        "OIDC-26.1",
        "jobs ask for no scopes",
        asking("gitlab", "https://gitlab.com", "groups", usernameClaim="sub", usernamePrefix="x:"),
    ),
    *(("OIDC-27.1", url, block(issuerUrl=url)) for url in REACHABLE),
    ("OIDC-28.1", "no identity", read({"bindings": []})),
    (
        "OIDC-28.1",
        "jobs at a server of one's own",
        asking("github", "https://ghes.example.com/_services/token"),
    ),
    (
        "RBAC-11.1",
        "a role of the stack",
        replace(bound("ml", role="vie"), roles=[custom("get", "pods", name="vie")]),
    ),
    (
        "RBAC-11.1",
        "a Role of one's own",
        replace(bound(), binding=BindingSettings.model_construct(groups=["ml"], role="queue")),
    ),
    (
        "RBAC-11.1",
        "another Role than the stack's",
        replace(
            bound(),
            binding=BindingSettings.model_construct(groups=["ml"], role="queue"),
            roles=[custom("get", "pods", namespaces=["train"])],
        ),
    ),
    ("ROLE-01.1", "everything elsewhere", custom("*", "*", "apps")),
    ("ROLE-04.1", "what ROLE-08 says", custom("get", "*")),
    ("ROLE-11.1", "a group of a CRD", custom("get", "anythings", "serving.example.com")),
    ("ROLE-11.1", "a group that not every cluster has", custom("get", "pods", "metrics.k8s.io")),
    ("ROLE-11.1", "what only rules name", custom("impersonate", "users", name="x")),
    ("ROLE-11.1", "an extra", custom("impersonate", "userextras/scopes", "authentication.k8s.io")),
    ("ROLE-11.1", "a subresource everywhere", custom("update", "jobs/finalizers", "batch")),
    ("ROLE-11.1", "on behalf of", custom("impersonate-on:user-info:list", "pods")),
    ("WAIVER-04.1", "what WAIVER-02 says", waivers(("RBAC-01", "we need it"))),
]

LEVELS = {"e": Level.ERROR, "w": Level.WARNING, "i": Level.INFORMATION, "-": None}
STRICTNESS = {  # development, staging, production; "eee" where it is not named
    "HOOK-01.4": "www",
    "HOOK-01.5": "www",
    "HOOK-01.6": "www",
    "HOOK-01.7": "wwe",
    "NET-04.2": "www",
    "NET-05.1": "www",
    "OIDC-03.3": "www",
    "OIDC-07.1": "www",
    "OIDC-08.1": "wwe",
    "OIDC-09.4": "www",
    "OIDC-09.6": "www",
    "OIDC-10.1": "www",
    "OIDC-12.2": "www",
    "OIDC-12.4": "www",
    "OIDC-13.2": "www",
    "OIDC-13.3": "www",
    "OIDC-13.4": "www",
    "OIDC-14.4": "www",
    "OIDC-15.1": "www",
    "OIDC-15.3": "www",
    "OIDC-16.1": "www",
    "OIDC-16.2": "www",
    "OIDC-16.3": "www",
    "OIDC-16.4": "www",
    "OIDC-16.5": "www",
    "OIDC-19.1": "iii",
    "OIDC-20.1": "www",
    "OIDC-21.1": "www",
    "OIDC-22.3": "www",
    "OIDC-23.2": "www",
    "OIDC-24.2": "www",
    "OIDC-25.2": "www",
    "OIDC-26.2": "www",
    "OIDC-26.3": "iii",
    "OIDC-27.1": "wwe",
    "OIDC-28.1": "www",
    "RBAC-03.1": "-we",
    "RBAC-03.2": "-we",
    "RBAC-04.1": "-we",
    "RBAC-05.1": "wwe",
    "RBAC-05.2": "wwe",
    "RBAC-07.1": "wwe",
    "RBAC-10.1": "iii",
    "RBAC-11.1": "www",
    "ROLE-01.1": "wwe",
    "ROLE-02.1": "wwe",
    "ROLE-03.1": "wwe",
    "ROLE-04.1": "-we",
    "ROLE-05.1": "wwe",
    "ROLE-06.1": "-we",
    "ROLE-07.1": "wwe",
    "ROLE-08.1": "wwe",
    "ROLE-09.1": "wwe",
    "ROLE-11.1": "www",
    "TOKEN-03.1": "www",
    "WAIVER-04.1": "www",
}
NEVER_WAIVED = {
    "HOOK-01.1",
    "HOOK-01.2",
    "HOOK-01.3",
    "NET-01.1",
    "NET-02.1",
    "NET-03.1",
    "NET-04.1",
    "NET-06.1",
    "OIDC-01.1",
    "OIDC-05.1",
    "OIDC-08.2",
    "OIDC-12.1",
    "OIDC-13.1",
    "RBAC-01.1",
    "RBAC-01.2",
    "RBAC-02.1",
    "ROLE-10.1",
    "ROLE-12.1",
    "TOKEN-01.1",
    "TOKEN-04.1",
    "WAIVER-01.1",
    "WAIVER-02.1",
    "WAIVER-03.1",
    "WAIVER-04.1",
}


def _numbered() -> Iterator[tuple[str, Rule[Any]]]:
    count: Counter[str] = Counter()
    for rule in RULES:
        count[rule.id] += 1
        yield f"{rule.id}.{count[rule.id]}", rule


CLAUSES = dict(_numbered())


def test_every_clause_of_every_rule_stands_in_the_table_once() -> None:
    assert [case[0] for case in CASES] == list(CLAUSES)


@pytest.mark.parametrize(
    ("clause", "accepted", "refused", "path", "text"), CASES, ids=[case[0] for case in CASES]
)
def test_a_rule_accepts_and_refuses(
    clause: str, accepted: Any, refused: Any, path: str, text: str
) -> None:
    rule = CLAUSES[clause]

    assert list(rule.check(accepted)) == []
    assert list(rule.check(refused)) == [(path, text)]


@pytest.mark.parametrize(
    ("clause", "refused", "paths"),
    [(clause, subject, paths) for clause, _, subject, paths in MORE],
    ids=[f"{clause} {what}" for clause, what, _, _ in MORE],
)
def test_a_rule_knows_the_other_ways_to_break_it(
    clause: str, refused: Any, paths: list[str]
) -> None:
    assert [broken.path for broken in CLAUSES[clause].check(refused)] == paths


@pytest.mark.parametrize(
    ("clause", "accepted"),
    [(clause, subject) for clause, _, subject in FINE],
    ids=[f"{clause} {what}" for clause, what, _ in FINE],
)
def test_a_rule_leaves_alone_what_is_right(clause: str, accepted: Any) -> None:
    assert list(CLAUSES[clause].check(accepted)) == []


@pytest.mark.parametrize("clause", list(CLAUSES))
def test_a_rule_is_as_strict_as_its_environment(clause: str) -> None:
    levels = CLAUSES[clause].levels
    wanted = [LEVELS[letter] for letter in STRICTNESS.get(clause, "eee")]

    assert [levels.get(e) for e in ("development", "staging", "production")] == wanted


def test_what_is_never_waived_is_listed_here() -> None:
    assert {clause for clause, rule in CLAUSES.items() if not rule.is_waivable} == NEVER_WAIVED


def test_a_url_with_a_password_is_not_shown() -> None:
    (broken,) = CLAUSES["OIDC-01.1"].check(block(issuerUrl="http://me:pw@idp.example.com"))

    assert broken.text.startswith('"http://…" is not https')
    assert "pw" not in broken.text


def test_an_expired_certificate_is_said_to_have_expired() -> None:
    (broken,) = CLAUSES["OIDC-13.2"].check(block(ca=certificate("gone", days=-1)))

    assert broken.text.startswith('the certificate "CN=gone" expired on 2026-05-31')


def test_a_finding_about_a_whole_block_begins_with_what_it_says() -> None:
    """A webhook of its own stands at no path; people read ": receives every token"."""
    assert str(Finding(level=Level.WARNING, path="", text="is bad")) == "is bad"
    assert str(Finding(level=Level.WARNING, path="server", text="is bad")) == "server: is bad"
