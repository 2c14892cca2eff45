"""Rules for the algorithms that tokens are signed with."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.api.models import ALGORITHM_PREFIX
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.rule import ERROR, Rule, Violation

_SUPPORTED = (f"{ALGORITHM_PREFIX}RS256",)


def _algorithms(judged: JudgedBlock) -> Iterator[Violation]:
    for name in judged.oidc.signing_algorithms or ():
        if name not in _SUPPORTED:
            yield at(
                "signing_algorithms",
                f"{name.removeprefix(ALGORITHM_PREFIX)} cannot be set on CKS; let the provider "
                "sign with RS256",
            )


RULES: tuple[Rule[JudgedBlock], ...] = (
    Rule("OIDC-11", "the only signing algorithm is RS256", ERROR, _algorithms),
)
