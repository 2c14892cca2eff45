"""What the rules of `cks_components.rules.bindings` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    ENTRA,
    GITHUB,
    GUID,
    NEW_SUB,
    OLD_SUB,
    Case,
    bound,
)

CASES: list[Case] = [
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
        "OIDC-21.1",
        bound("/eng/ops", provider="keycloak"),
        bound("ops", provider="keycloak"),
        "groups[0]",
        '"ops" is a name, but Keycloak\'s mapper sends a path such as "/eng/ops" unless its "Full '
        'group path" is off; write the path, or turn it off and waive OIDC-21',
    ),
    (
        "RBAC-10.1",
        bound("ml", "ops", users=("ml",), namespaces=("a", "b")),
        bound("ml", namespaces=("a", "b", "a")),
        "namespaces[2]",
        '"a" is written twice here; remove one',
    ),
]
