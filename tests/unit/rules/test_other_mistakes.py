"""The other ways in which a clause can be broken: clause, what it refuses, the places."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cks_components.identity import providers
from cks_components.identity.preset import Provider
from cks_components.rules.existence import JudgedEntry, PresentRole
from cks_components.stack_file.settings import BindingSettings
from tests.unit.rules.subjects import (
    BY_OID,
    BY_SUB,
    CLAUSES,
    ENTRA,
    ENTRA_V1,
    GITHUB,
    GITLAB,
    GITLAB_SUB,
    GOOGLE,
    GUID,
    ISSUER,
    LEAF,
    NEW_SUB,
    OLD_ROOT,
    OLD_SUB,
    OTHER_GUID,
    RBAC,
    ROOT,
    addresses,
    asking,
    block,
    bound,
    certificate,
    custom,
    discovered,
    expecting,
    hook,
    login,
    made,
    pipeline,
    placed,
    placed_people,
    stack,
    stored,
    urls,
    waivers,
)

USER, NAME, SCOPE = ["users[0]"], ["usernameClaim"], ["extraScopes[0]"]
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
        addresses({"servers.managed": "https://:pw@a.ts.net", "servers.pipelines": "a.ts.net"}),
        ["servers.managed", "servers.pipelines"],
    ),
    ("NET-01.1", "a space", addresses({"servers.managed": "https://a b"}), ["servers.managed"]),
    ("NET-02.1", "a password", addresses({"proxyUrl": "http://me:pw@p:1"}), ["proxyUrl"]),
    ("NET-02.1", "no URL", addresses({"proxyUrl.pipelines": "http://[p"}), ["proxyUrl.pipelines"]),
    ("NET-02.1", "no scheme", addresses({"proxyUrl.managed": "p:1"}), ["proxyUrl.managed"]),
    (
        "NET-04.1",
        "no PEM",
        addresses({"certificateAuthority": "-----BEGIN x"}),
        ["certificateAuthority"],
    ),
    (
        "NET-05.1",
        "both servers",
        addresses(
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
    ("OIDC-14.1", "nothing visible", bound(users=("al\u200bice",)), ["users[0]"]),
    ("OIDC-14.1", "a typographic quote", bound("\u201cml\u201d"), ["groups[0]"]),
    (
        "OIDC-14.2",
        "the issuer in front",
        bound(users=(f"{ISSUER}#alice",), usernameClaim="sub"),
        ["users[0]"],
    ),
    ("OIDC-14.4", "an id", bound(GUID.upper(), **ENTRA), ["groups[0]"]),
    ("OIDC-15.1", "the new form alone", bound(users=(NEW_SUB,), **GITHUB), ["users[0]"]),
    ("OIDC-16.3", "no RSA key", discovered(keys=()), ["issuerUrl"]),
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
        ("NET-06.1", text, addresses({"endpoint": text}), ["endpoint"])
        for text in ("https://u:p@a.example", "a.example/k8s", "a.example:x", "a.example?x=1")
    ),
    ("RBAC-08.1", "it is being deleted", placed_people(terminating=True), ["namespaces[0]"]),
    (
        "RBAC-05.1",
        "a role that extends one",
        replace(bound("ml", role="jobs"), roles=[custom("get", "pods", extends="edit")]),
        ["clusterRole"],
    ),
    *(
        ("RBAC-13.1", role, bound("ml", role=role), ["clusterRole"])
        for role in (
            "system:aggregate-to-admin",
            "system:aggregate-to-edit",
            "system:controller:clusterrole-aggregation-controller",
            "system:kube-controller-manager",
            "system:node",
        )
    ),
    (
        "RBAC-13.1",
        "in a namespace",
        bound("ml", role="system:aggregate-to-edit", namespaces=("training",)),
        ["clusterRole"],
    ),
    (
        "RBAC-13.1",
        "a Role that reads the Secrets of the control plane",
        replace(
            bound(),
            binding=BindingSettings.model_construct(
                groups=["ml"], role="system:controller:token-cleaner", namespaces=["kube-system"]
            ),
        ),
        ["role"],
    ),
    (
        "RBAC-13.1",
        "another image of the control plane's pods",
        bound("ml", role="system:controller:job-controller", namespaces=("kube-system",)),
        ["clusterRole"],
    ),
    *(
        ("ROLE-14.1", what, replace(bound("ml", role="jobs"), roles=[role]), ["clusterRole"])
        for what, role in {
            "another image": custom("patch", "deployments", "apps"),
            "another image of one workload": custom("update", "daemonsets", "apps", names=["dns"]),
            "everything of a group": custom("create", "*", "batch"),
            "what it adds to view": custom("create", "pods", extends="view"),
        }.items()
    ),
    (
        "ROLE-14.1",
        "a Role among the control plane's accounts",
        replace(
            bound(),
            binding=BindingSettings.model_construct(
                groups=["ml"], role="jobs", namespaces=["training", "kube-system"]
            ),
            roles=[custom("create", "pods", namespaces=["training", "kube-system"])],
        ),
        ["role"],
    ),
    ("ROLE-17.1", "requests that change something", custom("create", "pods/proxy"), ["rules[0]"]),
    ("ROLE-17.1", "every proxy", custom("get", "*/proxy"), ["rules[0]"]),
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
    (
        "EXPECT-01.1",
        "everything is denied",
        expecting("* *", cannot=("get secrets", "* *")),
        ["cannot[1]"],
    ),
    (
        "EXPECT-01.1",
        "what no request can be about",
        expecting(
            "create secrets db",
            "get pods/*",
            cannot=("get secrets -n training,other", "get secrets -n Training", "get /debug*"),
        ),
        ["can[0]", "can[1]", "cannot[0]", "cannot[1]", "cannot[2]"],
    ),
    ("EXPECT-01.2", "a service account", expecting(user="system:serviceaccount:ci:bot"), ["user"]),
    ("EXPECT-02.1", "a misspelt group", expecting(user=None, groups=("mll",)), ["groups[0]"]),
    ("EXPECT-02.1", "the prefix", expecting(user=None, groups=("idp:ml",)), ["groups[0]"]),
    (
        "ROLE-11.1",
        "a subresource of everything",
        custom("get", "pods/* */log"),
        ["rules[0].resources[0]"],
    ),
    (
        "ROLE-11.1",
        "a name with a *",
        custom("get", "secrets", names=["db", "db-*"]),
        ["rules[0].resourceNames[1]"],
    ),
    (
        "ROLE-11.1",
        "a * inside a URL",
        urls("get", "/a/*", "/a/*/b"),
        ["rules[0].nonResourceURLs[1]"],
    ),
    (
        "ROLE-11.1",
        "create with a name",
        custom("get create", "secrets", names=["db"]),
        ["rules[0].verbs[1]"],
    ),
    ("EXPECT-02.1", "a user in capitals", expecting(user="Ann"), ["user"]),
    ("ROLE-01.1", "every verb of roles", custom("*", "roles", RBAC), ["rules[0]"]),
    ("ROLE-01.1", "whatever the resource", custom("escalate", "*", RBAC), ["rules[0]"]),
    ("ROLE-02.1", "constrained", custom("impersonate:user-info", "*"), ["rules[0]"]),
    ("ROLE-03.1", "the tokens of everything", custom("create", "*/token"), ["rules[0]"]),
    *(
        ("ROLE-01.2", what, custom("bind", resource, RBAC, names=[name]), ["rules[0]"])
        for what, resource, name in (
            ("all rights", "clusterroles", "cluster-admin"),
            ("a component's role", "clusterroles", "system:node"),
            ("a Role that reads Secrets", "roles", "system:controller:token-cleaner"),
            ("whatever the resource", "*", "edit"),
        )
    ),
    (
        "ROLE-03.2",
        "a named read in another rule",
        custom(
            "",
            "",
            rules=[
                {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}
                | {"resourceNames": ["mine"]},
                {"verbs": ["create"], "apiGroups": [""], "resources": ["secrets"]},
            ],
        ),
        ["rules[1]"],
    ),
    ("ROLE-03.2", "a patch, which reads", custom("create patch", "secrets"), ["rules[0]"]),
    *(
        ("ROLE-04.1", f"the answer of {verb}", custom(verb, "secrets"), ["rules[0]"])
        for verb in ("patch", "delete", "deletecollection")
    ),
    ("ROLE-06.2", "a debug container", custom("update", "*/ephemeralcontainers"), ["rules[0]"]),
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
        ("OIDC-26.1", f"{provider} {scope}", login(provider, url, scope), SCOPE)
        for provider, url, scope in REFUSED_SCOPES
    ),
    *(
        ("OIDC-26.2", f"{provider} {scope}", login(provider, url, scope), SCOPE)
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


@pytest.mark.parametrize(
    ("clause", "refused", "paths"),
    [(clause, subject, paths) for clause, _, subject, paths in MORE],
    ids=[f"{clause} {what}" for clause, what, _, _ in MORE],
)
def test_a_rule_knows_the_other_ways_to_break_it(
    clause: str, refused: Any, paths: list[str]
) -> None:
    assert [broken.path for broken in CLAUSES[clause].check(refused)] == paths
