"""What looks like a mistake and is none: clause, what it is, what the clause accepts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cks_components.identity import providers
from cks_components.identity.preset import Provider
from cks_components.stack_file.reading import read
from cks_components.stack_file.settings import BindingSettings
from tests.unit.rules.subjects import (
    BY_SUB,
    CLAUSES,
    ENTRA,
    ENTRA_V1,
    GITHUB,
    GITLAB,
    GOOGLE,
    GUID,
    NEW_SUB,
    OLD_SUB,
    OTHER_GUID,
    RBAC,
    addresses,
    asking,
    at_endpoint,
    block,
    bound,
    custom,
    discovered,
    expecting,
    hook,
    login,
    stack,
    stored,
    waivers,
)

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
    ("NET-02.1", "no proxy for pipelines", addresses({"proxyUrl.pipelines": ""})),
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
        (clause, f"{provider} {scope}", login(provider, url, scope))
        for clause in ("OIDC-26.1", "OIDC-26.2")
        for provider, url, scope in RIGHT_SCOPES
    ),
    ("OIDC-26.3", "no groups", login("okta", "https://acme.okta.com/oauth2/default")),
    (
        "OIDC-26.1",
        "jobs ask for no scopes",
        login("gitlab", "https://gitlab.com", "groups", usernameClaim="sub", usernamePrefix="x:"),
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
    *(
        ("RBAC-13.1", role, bound("ml", role=role))
        for role in (
            "system:auth-delegator",
            "system:basic-user",
            "system:discovery",
            "system:monitoring",
            "system:public-info-viewer",
        )
    ),
    ("RBAC-13.1", "a role of somebody else", bound("ml", role="gpu-reader")),
    *(
        ("RBAC-13.1", f"what other rules say of {role}", bound("ml", role=role))
        for role in ("cluster-admin", "admin", "edit", "view")
    ),
    (
        "RBAC-13.1",
        "workloads of one namespace",
        bound("ml", role="system:controller:job-controller", namespaces=("training",)),
    ),
    (
        "RBAC-13.1",
        "a Role that reads how to log in",
        replace(
            bound(),
            binding=BindingSettings.model_construct(
                groups=["ml"],
                role="extension-apiserver-authentication-reader",
                namespaces=["kube-system"],
            ),
        ),
    ),
    *(
        ("ROLE-14.1", what, replace(bound("ml", role="jobs"), roles=[role]))
        for what, role in {
            "a job keeps its image": custom("get update patch delete", "jobs", "batch"),
            "a number of pods": custom("patch", "deployments/scale", "apps"),
            "what RBAC-05 says": custom("create", "jobs", "batch", extends="edit"),
            "another role": custom("create", "jobs", "batch", name="others"),
        }.items()
    ),
    ("ROLE-01.1", "everything elsewhere", custom("*", "*", "apps")),
    ("ROLE-01.2", "a Role of others", custom("bind", "roles", RBAC, names=["edit"])),
    ("ROLE-03.2", "no new Secret", custom("create get", "secrets", names=["db"])),
    ("ROLE-04.1", "what ROLE-08 says", custom("get", "*")),
    ("ROLE-04.1", "an update answers with what it was sent", custom("create update", "secrets")),
    ("ROLE-04.1", "a named Secret", custom("patch delete", "secrets", names=["db"])),
    *(
        ("ROLE-11.1", f"every signer of {group}", custom("approve", "signers", group, names=[name]))
        for group, name in (
            ("certificates.k8s.io", "example.com/*"),
            ("cert-manager.io", "issuers.cert-manager.io/*"),
        )
    ),
    ("ROLE-11.1", "a group of a CRD", custom("get", "anythings", "serving.example.com")),
    ("ROLE-11.1", "a group that not every cluster has", custom("get", "pods", "metrics.k8s.io")),
    ("ROLE-11.1", "what only rules name", custom("impersonate", "users", name="x")),
    ("ROLE-11.1", "an extra", custom("impersonate", "userextras/scopes", "authentication.k8s.io")),
    ("ROLE-11.1", "a subresource everywhere", custom("update", "jobs/finalizers", "batch")),
    ("ROLE-11.1", "create below a name", custom("create", "pods/eviction", names=["web"])),
    ("ROLE-11.1", "create of all below", custom("create", "*", names=["web"])),
    ("ROLE-11.1", "list with a name", custom("list watch", "pods", names=["web"])),
    ("EXPECT-02.2", "what EXPECT-01 says", expecting("gett pods -n trainign")),
    ("EXPECT-02.1", "a sibling group", expecting(user=None, groups=("ml2", "mlops"))),
    ("ROLE-11.1", "on behalf of", custom("impersonate-on:user-info:list", "pods")),
    ("WAIVER-04.1", "what WAIVER-02 says", waivers(("RBAC-01", "we need it"))),
]


@pytest.mark.parametrize(
    ("clause", "accepted"),
    [(clause, subject) for clause, _, subject in FINE],
    ids=[f"{clause} {what}" for clause, what, _ in FINE],
)
def test_a_rule_leaves_alone_what_is_right(clause: str, accepted: Any) -> None:
    assert list(CLAUSES[clause].check(accepted)) == []
