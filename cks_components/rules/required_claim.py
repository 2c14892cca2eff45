"""Rules for the required claim: one `key=value`, which is read as kube-apiserver reads it."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.api.models import OidcConfig
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation


def _parts(claim: str) -> tuple[str, str] | None:
    """Key and value as kube-apiserver splits them; None if it would not start with the claim."""
    key, equals, value = claim.partition("=")
    return (key.strip(), value.strip()) if equals and key.strip() else None


def required_pair(oidc: OidcConfig) -> tuple[str, str]:
    """Key and value of the required claim as kube-apiserver splits them; both empty if unset."""
    return _parts(oidc.required_claim or "") or ("", "")


def _pair(judged: JudgedBlock) -> Iterator[Violation]:
    claim = judged.oidc.required_claim
    if claim is not None and _parts(claim) is None:
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
