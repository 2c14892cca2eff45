"""Rules for the claims of users and groups: what a provider sends and kube-apiserver reads."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.identity.preset import ANY_CLAIM
from cks_components.kubernetes import subject_names
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.required_claim import required_pair
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation

_GROUPS = "groups"


def _email(judged: JudgedBlock) -> Iterator[Violation]:
    if judged.oidc.username_claim == subject_names.EMAIL and judged.preset.email_trap:
        yield at("username_claim", judged.preset.email_trap)


def _absent(judged: JudgedBlock) -> Iterator[Violation]:
    claim, preset = judged.oidc.groups_claim, judged.preset
    if claim is None:
        return
    for known in (claim, ANY_CLAIM):
        if known in preset.never_sends:
            yield at(
                "groups_claim",
                f'"{claim}" is not in any token from {preset.title}; {preset.never_sends[known]}',
            )


def _seldom_sent(judged: JudgedBlock) -> Iterator[Violation]:
    claim = judged.oidc.groups_claim or ""
    if claim in judged.preset.seldom_sends:
        yield at("groups_claim", f'"{claim}" {judged.preset.seldom_sends[claim]}')


def _absent_name(judged: JudgedBlock) -> Iterator[Violation]:
    oidc, preset = judged.oidc, judged.preset
    for leaf, claim in (
        ("username_claim", oidc.username_claim),
        ("required_claim", required_pair(oidc)[0]),
    ):
        if claim in preset.no_claims:
            yield at(
                leaf,
                f'"{claim}" is not in any token from {preset.title}, so nobody could log in; write '
                "a claim that is in its tokens",
            )


def _path(judged: JudgedBlock) -> Iterator[Violation]:
    for leaf in ("username_claim", "groups_claim"):
        claim = getattr(judged.oidc, leaf) or ""
        if ("." in claim or "[" in claim) and "/" not in claim:  # a namespaced name is a URL
            yield at(
                leaf,
                f'"{claim}" is a path, but kube-apiserver reads only top-level claims; map it to a '
                "top-level claim",
            )


def _overage(judged: JudgedBlock) -> Iterator[Violation]:
    if judged.oidc.groups_claim == _GROUPS and judged.preset.groups_limit:
        yield at("groups_claim", judged.preset.groups_limit)


RULES: tuple[Rule[JudgedBlock], ...] = (
    Rule(
        "OIDC-07",
        "the claim `email` names users only where the provider sends verified addresses (not Okta, "
        "Entra, Keycloak, authentik, Zitadel)",
        WARNING,
        _email,
    ),
    Rule(
        "OIDC-09",
        "the groups claim is one that the provider can send (never Google's; not `groups` of "
        "GitHub, GitLab, Auth0)",
        ERROR,
        _absent,
    ),
    Rule("OIDC-09", "claims are top-level names and not paths", ERROR, _path),
    Rule(
        "OIDC-09",
        "`usernameClaim` and `requiredClaim` name claims that the provider can send (Google, "
        "GitHub, GitLab)",
        ERROR,
        _absent_name,
    ),
    Rule(
        "OIDC-09",
        "the groups claim is one that the provider sends without a special set-up (not `groups` of "
        "Amazon Cognito, Zitadel)",
        WARNING,
        _seldom_sent,
    ),
    Rule(
        "OIDC-10",
        "a user in many groups can log in (Entra's claim `groups`)",
        WARNING,
        _overage,
    ),
)
