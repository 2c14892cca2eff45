"""Every rule, clause by clause: one input that it accepts, one that it refuses, with the message."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cks_components.api.models import AuthenticationWebhook, AuthorizationWebhook
from cks_components.rules import Finding, Level, examine
from cks_components.rules.existence import PresentRole
from cks_components.rules.webhook import ShownCertificate
from cks_components.stack_file.reading import read
from cks_components.stack_file.settings import BindingSettings
from tests.unit.rules.subjects import (
    BY_SUB,
    CLAUSES,
    ENTRA,
    GITHUB,
    GITLAB,
    GITLAB_SUB,
    GOOGLE,
    GUID,
    HOOKS,
    ID,
    IDENTITY,
    ISSUER,
    LEAF,
    NEW_SUB,
    NOW,
    OLD_SUB,
    OTHER_GUID,
    RBAC,
    ROOT,
    addresses,
    asking,
    at_endpoint,
    block,
    bound,
    certificate,
    custom,
    discovered,
    ending,
    expecting,
    hook,
    login,
    made,
    pipeline,
    placed,
    placed_people,
    removed,
    stack,
    stored,
    waivers,
)

# clause, what it accepts, what it refuses, where, the message
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
        "END-01.1",
        ending(NOW + timedelta(seconds=1)),
        ending(NOW - timedelta(days=3)),
        "until",
        'ended 3 days ago (2026-05-29T00:00:00Z), so nobody has it by this stack: "pulumi up" takes '
        "it from the clusters, unless that was done; a plan that was saved before the end does not "
        "allow it, so save a new one. Delete the entry, or write a later time",
    ),
    (
        "END-02.1",
        ending(NOW, "cluster-admin", "INC-1"),
        ending(NOW, "cluster-admin", " "),
        "reason",
        "is missing, and cluster-admin for a time is an exception; write why, such as the ticket",
    ),
    (
        "END-03.1",
        ending(None),
        ending(NOW + timedelta(days=3)),
        "until",
        'ends in 3 days (2026-06-04T00:00:00Z); the first "pulumi up" after that takes it from the '
        "clusters",
    ),
    (
        "EXPECT-01.1",
        expecting("get pods -n a", "get /metrics", cannot=("* secrets",)),
        expecting("get pods", "gett pods"),
        "can[1]",
        '"gett pods" cannot be tested: "gett" is no verb of Kubernetes v1.36.3 (the nearest is '
        '"get"); correct it, or waive EXPECT-01 if your clusters have it',
    ),
    (
        "EXPECT-02.1",
        expecting(groups=("ml", "others")),
        expecting(groups=("ml", "ML")),
        "groups[1]",
        '"ML" is bound nowhere in this file, but "ml" is: names are compared byte for byte, and '
        'prefixes are added automatically; write "ml"',
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
        "LOCK-01.1",
        removed(keeps_administrator=True),
        removed(),
        "",
        "nobody of this stack can change roles and bindings on cluster east after this update (Group "
        "admins can now), which can be repaired only through the managed endpoint with a CoreWeave "
        "token; keep a binding to cluster-admin, or write acknowledge: [{risk: no-administrator, "
        "cluster: east, reason: WHY}]",
    ),
    (
        "LOCK-02.1",
        removed(identity="ci"),
        removed(identity="ci", own_losses=("edit in a", "view cluster wide")),
        "",
        "this update takes edit in a, view cluster wide on cluster east from ci, which runs it, so "
        "that it may be the last one that this identity can run there; keep the right until another "
        "identity runs updates, or write acknowledge: [{risk: own-rights, cluster: east, reason: "
        "WHY}]",
    ),
    (
        "NET-01.1",
        addresses(
            {"servers.managed": "http://127.0.0.1:1", "servers.unmanaged": "https://a.ts.net:8443"}
        ),
        addresses({"servers.managed": "http://a.ts.net"}),
        "servers.managed",
        "must be an https URL with a host and no user (plain http is accepted for loopback "
        "addresses only), because tokens are sent there; write one such as "
        "https://train.tailnet.example",
    ),
    (
        "NET-02.1",
        addresses({"proxyUrl.managed": "http://p:3128", "proxyUrl.unmanaged": "socks5://p:1080"}),
        addresses({"proxyUrl": "socks5://p:1080"}),
        "proxyUrl",
        "must be the URL of a proxy (http, https); write one such as http://proxy.example:3128",
    ),
    (
        "NET-03.1",
        addresses({"tlsServerName": "a-1.example.com"}),
        addresses({"tlsServerName": "https://a.example.com"}),
        "tlsServerName",
        "must be a host name without a scheme or a port, exactly as in the certificate",
    ),
    (
        "NET-04.1",
        addresses({"certificateAuthority.managed": ROOT}),
        addresses({"certificateAuthority.managed": b64encode(ROOT.encode()).decode()}),
        "certificateAuthority.managed",
        "contains no certificate; paste the PEM text of the authority that signed the server's TLS "
        "certificate",
    ),
    (
        "NET-04.2",
        addresses({"certificateAuthority": ROOT}),
        addresses({"certificateAuthority": certificate("soon", days=29)}),
        "certificateAuthority",
        'the certificate "CN=soon" expires on 2026-06-30, and the cluster cannot be reached with '
        "it after that; add its successor next to it",
    ),
    (
        "NET-05.1",
        addresses({"servers.managed": "http://127.0.0.1", "tlsServerName.unmanaged": "a"}),
        addresses({"servers.managed": "http://127.0.0.1", "tlsServerName.managed": "a"}),
        "tlsServerName.managed",
        "has no effect, because the server is http; remove it",
    ),
    (
        "NET-06.1",
        addresses({"endpoint": "https://cw1234-4efb7af2.k8s.us-east-04a.coreweave.com:443/"}),
        addresses({"endpoint": "cw1234 4efb7af2"}),
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
        "OIDC-02.2",
        block(issuerUrl="https://idp.example.com:8443/realms/Eng"),
        block(issuerUrl="https://IdP.example.com:443/realms/Eng"),
        "issuerUrl",
        'has "IdP.example.com:443", but it is compared byte for byte with the token\'s "iss", where '
        'providers write "idp.example.com"; copy "issuer" from the discovery document',
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
        "OIDC-05.2",
        block(clientId="kubernetes"),
        block(clientId="kubernetes,other"),
        "clientId",
        '"kubernetes,other" is read as one client id, because a cluster accepts one audience; write '
        "one client id",
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
        login("google", "https://accounts.google.com", "https://www.googleapis.com/auth/drive"),
        login("google", "https://accounts.google.com", "offline_access"),
        "extraScopes[0]",
        '"offline_access" makes Google refuse every log-in; remove it, because Google has no such '
        "scope",
    ),
    (
        "OIDC-26.2",
        login("okta", "https://acme.okta.com/oauth2/default", "offline_access"),
        login("okta", "https://acme.okta.com/oauth2/default", "email", "groups"),
        "extraScopes[1]",
        '"groups" is not among the scopes that Okta (custom server) always has, and a '
        "log-in that asks for a missing scope is refused; remove it, or waive OIDC-26 if somebody "
        "added the scope",
    ),
    (
        "OIDC-26.3",
        login("okta", "https://acme.okta.com/oauth2/default", "groups", groupsClaim="groups"),
        login("okta", "https://acme.okta.com/oauth2/default", groupsClaim="groups"),
        "groupsClaim",
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
        bound("ml", "ops", users=("ml",), namespaces=("a", "b")),
        bound("ml", namespaces=("a", "b", "a")),
        "namespaces[2]",
        '"a" is written twice here; remove one',
    ),
    (
        "RBAC-10.2",
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
        "RBAC-12.1",
        stack(bindings=[{"users": ["alice@example.com"], "clusterRole": "view"}]),
        stack(automation=[{"name": "ci", "namespace": "ci", "clusterRole": "view"}]),
        "bindings",
        "are none, so people can log in, but this stack gives them no rights; write bindings, "
        "unless something else binds them on the clusters",
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
        "TEXT-01.1",
        stack(waivers=[{"rule": "OIDC-10", "reason": "see <the wiki>"}], updateTimeout="5m"),
        stack(identity=IDENTITY | {"clientId": "${CLIENT_ID}", "clientSecret": "{{ secret }}"}),
        "identity.clientId",
        'contains "${CLIENT_ID}", which looks like a placeholder, and nothing replaces it; write '
        "the value",
    ),
    (
        "TIME-01.1",
        stack(updateTimeout="90s"),
        stack(updateTimeout=30),
        "updateTimeout",
        '30 has no unit and means 30 seconds; write "30s", or another unit, such as "30m"',
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
        "RBAC-01 cannot be waived, because what it reports cannot work or is never safe; obey the "
        "rule and remove the waiver",
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

LEVELS = {"e": Level.ERROR, "w": Level.WARNING, "i": Level.INFORMATION, "-": None}
STRICTNESS = {  # development, staging, production; "eee" where it is not named
    "END-01.1": "www",
    "END-02.1": "-we",
    "END-03.1": "iii",
    "EXPECT-02.1": "www",
    "LOCK-01.1": "wwe",
    "LOCK-02.1": "wwe",
    "HOOK-01.4": "www",
    "HOOK-01.5": "www",
    "HOOK-01.6": "www",
    "HOOK-01.7": "wwe",
    "NET-04.2": "www",
    "NET-05.1": "www",
    "OIDC-02.2": "www",
    "OIDC-03.3": "www",
    "OIDC-05.2": "www",
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
    "RBAC-10.2": "iii",
    "RBAC-11.1": "www",
    "RBAC-12.1": "iii",
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
    "TEXT-01.1": "www",
    "TIME-01.1": "www",
    "TOKEN-03.1": "www",
    "WAIVER-04.1": "www",
}
NEVER_WAIVED = {
    "END-01.1",
    "LOCK-01.1",
    "LOCK-02.1",
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


@pytest.mark.parametrize("clause", list(CLAUSES))
def test_a_rule_is_as_strict_as_its_environment(clause: str) -> None:
    levels = CLAUSES[clause].levels
    wanted = [LEVELS[letter] for letter in STRICTNESS.get(clause, "eee")]

    assert [levels.get(e) for e in ("development", "staging", "production")] == wanted


def test_what_is_never_waived_is_listed_here() -> None:
    assert {clause for clause, rule in CLAUSES.items() if not rule.is_waivable} == NEVER_WAIVED


def test_a_waiver_of_what_an_acknowledgement_accepts_says_what_to_write() -> None:
    file = {"clusters": [{"id": ID}], "waivers": [{"rule": "LOCK-01", "reason": "the end"}]}

    (said,) = [str(finding) for finding in examine(file).findings if "WAIVER" in finding.rule]

    assert said == (
        "waivers[0].rule: LOCK-01 cannot be waived, because a waiver would hold for every later "
        "update as well; remove it and, if this update may do it, write acknowledge: [{risk: "
        "no-administrator, reason: WHY}] [WAIVER-02]"
    )


def test_a_url_with_a_password_is_not_shown() -> None:
    (broken,) = CLAUSES["OIDC-01.1"].check(block(issuerUrl="http://me:pw@idp.example.com"))

    assert broken.text.startswith('"http://idp.example.com" is not https')
    assert "pw" not in broken.text


def test_an_expired_certificate_is_said_to_have_expired() -> None:
    (broken,) = CLAUSES["OIDC-13.2"].check(block(ca=certificate("gone", days=-1)))

    assert broken.text.startswith('the certificate "CN=gone" expired on 2026-05-31')


def test_a_role_of_a_namespace_is_named_where_pull_requests_would_have_it() -> None:
    people = BindingSettings.model_construct(users=["repository_id:77"], role="queue")
    judged = replace(bound(**GITHUB), binding=people)

    (broken,) = CLAUSES["OIDC-15.3"].check(judged)

    assert "act as role/queue before they are reviewed" in broken.text


def test_a_finding_about_a_whole_block_begins_with_what_it_says() -> None:
    """A webhook of its own stands at no path; people read ": receives every token"."""
    assert str(Finding(level=Level.WARNING, path="", text="is bad")) == "is bad"
    assert str(Finding(level=Level.WARNING, path="server", text="is bad")) == "server: is bad"
