"""What the rules of `cks_components.rules.unreachable_subjects` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    BY_SUB,
    GITHUB,
    GITLAB,
    GITLAB_SUB,
    GOOGLE,
    NEW_SUB,
    OLD_SUB,
    Case,
    bound,
)

CASES: list[Case] = [
    (
        "OIDC-22.1",
        bound("ml", groupsClaim="groups"),
        bound("ml"),
        "groups",
        "are bound, but the identity has no groupsClaim, so kube-apiserver reads no groups from "
        "tokens and the binding has no effect; for the provider: write groupsClaim, such as "
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
        '"alice" matches nobody, because the claim "email" of the provider holds an address; '
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
]
