"""Rules for prefixes: they keep the names of the provider apart from those of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.api.environment import shown
from cks_components.kubernetes import subject_names
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.rule import ERROR, ERROR_IN_PRODUCTION, Rule, Violation


def _explicit_prefix(judged: JudgedBlock) -> Iterator[Violation]:
    oidc = judged.oidc
    if subject_names.username_claim(oidc) != subject_names.EMAIL and oidc.username_prefix is None:
        public = oidc.model_copy(update={"issuer_url": shown(oidc.issuer_url or "")})
        yield at(
            "username_prefix",
            f'is not set, which gives names such as "{subject_names.user(public, "alice")}"; write '
            f'a prefix ("{judged.preset.prefix}") or "{subject_names.NO_PREFIX}" for none',
        )


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


RULES: tuple[Rule[JudgedBlock], ...] = (
    Rule(
        "OIDC-06",
        "a username claim other than `email` has an explicit `usernamePrefix`",
        ERROR,
        _explicit_prefix,
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
)
