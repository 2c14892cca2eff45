"""What the rules of `cks_components.rules.whole_file` accept and refuse."""

from __future__ import annotations

from cks_components.stack_file.reading import read
from tests.unit.rules.subjects import (
    GITHUB,
    ID,
    IDENTITY,
    Case,
    asking,
    at_endpoint,
    stack,
)

CASES: list[Case] = [
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
        "OIDC-20.1",
        stack(identity=IDENTITY | {"provider": "google", "clientSecret": "x" * 9}),
        stack(identity=IDENTITY | {"provider": "google"}),
        "identity.clientSecret",
        'is missing, and Google issues no token without it; run "pulumi config set --secret --path '
        'cks-access:identity.clientSecret"',
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
        "RBAC-12.1",
        stack(bindings=[{"users": ["alice@example.com"], "clusterRole": "view"}]),
        stack(automation=[{"name": "ci", "namespace": "ci", "clusterRole": "view"}]),
        "bindings",
        "are none, so people can log in, but this stack gives them no rights; write bindings, "
        "unless something else binds them on the clusters",
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
]
