"""Rules for the client, claims and prefixes: which tokens are accepted, and the names they give."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.api.models import ALGORITHM_PREFIX, OidcConfig
from cks_components.identity.preset import ANY_CLAIM
from cks_components.kubernetes import subject_names
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.required_claim import parts, required_pair
from cks_components.rules.rule import (
    ERROR,
    ERROR_IN_PRODUCTION,
    WARNING,
    Rule,
    Violation,
)

SUPPORTED_ALGORITHMS = (f"{ALGORITHM_PREFIX}RS256",)
_GROUPS = "groups"


def _issuer_and_client(judged: JudgedBlock) -> Iterator[Violation]:
    for leaf in OidcConfig.essential:
        if getattr(judged.oidc, leaf) is None:
            yield at(
                leaf,
                "is missing; the API accepts a block without it, but kube-apiserver does not: "
                "write both the issuer and the client id",
            )
    client = judged.oidc.client_id or ""
    if client != client.strip():
        yield at("client_id", "has a leading or trailing space; remove it")


def _explicit_prefix(judged: JudgedBlock) -> Iterator[Violation]:
    oidc = judged.oidc
    if subject_names.username_claim(oidc) != subject_names.EMAIL and oidc.username_prefix is None:
        yield at(
            "username_prefix",
            f'is not set, which gives names such as "{subject_names.user(oidc, "alice")}"; write '
            f'a prefix ("{judged.preset.prefix}") or "{subject_names.NO_PREFIX}" for none',
        )


def _email(judged: JudgedBlock) -> Iterator[Violation]:
    if judged.oidc.username_claim == subject_names.EMAIL and judged.preset.email_trap:
        yield at("username_claim", judged.preset.email_trap)


def _no_prefix(judged: JudgedBlock) -> Iterator[Violation]:
    oidc, prefix = judged.oidc, judged.preset.prefix
    way_out = f'write "{prefix}", or waive OIDC-08 with a reason'
    if oidc.groups_claim is not None and oidc.groups_prefix is None:
        yield at(
            "groups_prefix",
            'is not set, so a group "system:masters" at the provider becomes cluster '
            f"administrator; {way_out}",
        )
    if (
        oidc.username_prefix == subject_names.NO_PREFIX
        and subject_names.username_claim(oidc) != subject_names.EMAIL
    ):
        yield at(
            "username_prefix",
            f'"{subject_names.NO_PREFIX}" means no prefix, so a user '
            '"system:kube-controller-manager" at the provider gets the rights of that component; '
            f"{way_out}",
        )


def _kubernetes_own(judged: JudgedBlock) -> Iterator[Violation]:
    for leaf in ("username_prefix", "groups_prefix"):
        prefix = getattr(judged.oidc, leaf)
        # A part of it is as bad: the prefix "sys" and a group "tem:masters" give the same name.
        if prefix and (
            prefix.startswith(subject_names.KUBERNETES_OWN)
            or subject_names.KUBERNETES_OWN.startswith(prefix)
        ):
            yield at(
                leaf,
                'can produce names that begin with "system:", to which Kubernetes gives rights of '
                f'its own; write another prefix, such as "{judged.preset.prefix}"',
            )


def _dash(judged: JudgedBlock) -> Iterator[Violation]:
    if judged.oidc.groups_prefix == subject_names.NO_PREFIX:
        yield at(
            "groups_prefix",
            f'"-" is plain text here and gives groups such as '
            f'"{subject_names.group(judged.oidc, "ml")}"; write "{judged.preset.prefix}"',
        )


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


def _algorithms(judged: JudgedBlock) -> Iterator[Violation]:
    for name in judged.oidc.signing_algorithms or ():
        if name not in SUPPORTED_ALGORITHMS:
            yield at(
                "signing_algorithms",
                f"{name.removeprefix(ALGORITHM_PREFIX)} cannot be set on CKS; let the provider "
                "sign with RS256",
            )


def _pair(judged: JudgedBlock) -> Iterator[Violation]:
    claim = judged.oidc.required_claim
    if claim is not None and parts(claim) is None:
        yield at("required_claim", f'"{claim}" is not key=value; write one such pair')


def _doubtful(judged: JudgedBlock) -> Iterator[Violation]:
    claim, preset = judged.oidc.required_claim, judged.preset
    key, value = required_pair(judged.oidc)
    if key and "," in value:
        yield at(
            "required_claim",
            f'"{claim}" is read as one pair with the value "{value}", because a comma does not '
            "separate pairs; write one pair",
        )
    if key and not value:
        yield at(
            "required_claim", f'"{claim}" requires an empty claim; write the value after the "="'
        )
    is_public = preset.required_keys and preset.is_home_of(judged.oidc.issuer_url)
    if is_public and key not in preset.required_keys:
        yield at("required_claim", preset.required_trap)


RULES: tuple[Rule[JudgedBlock], ...] = (
    Rule(
        "OIDC-05",
        "issuer and client are both set, the client without leading or trailing spaces",
        ERROR,
        _issuer_and_client,
        is_waivable=False,
    ),
    Rule(
        "OIDC-06",
        "a username claim other than `email` has an explicit `usernamePrefix`",
        ERROR,
        _explicit_prefix,
    ),
    Rule(
        "OIDC-07",
        "the claim `email` names users only where the provider sends verified addresses (not Okta, "
        "Entra, Keycloak, authentik, Zitadel)",
        WARNING,
        _email,
    ),
    Rule(
        "OIDC-08",
        "groups have a prefix, and so do users named by a claim other than `email`",
        ERROR_IN_PRODUCTION,
        _no_prefix,
    ),
    Rule(
        "OIDC-08",
        "no prefix can produce a name that begins with `system:`",
        ERROR,
        _kubernetes_own,
        is_waivable=False,
    ),
    Rule("OIDC-08", '`groupsPrefix` is not `"-"`, which is plain text there', ERROR, _dash),
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
    Rule("OIDC-11", "the only signing algorithm is RS256", ERROR, _algorithms),
    Rule(
        "OIDC-12",
        "`requiredClaim` is `key=value`",
        ERROR,
        _pair,
        is_waivable=False,
    ),
    Rule(
        "OIDC-12",
        "`requiredClaim` is one pair with a value; it pins the domain at Google (`hd`) and the "
        "owner at public CI issuers",
        WARNING,
        _doubtful,
    ),
)
