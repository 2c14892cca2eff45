"""Rules for the algorithms that tokens are signed with."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.api.models import ALGORITHM_PREFIX
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.rule import ERROR, Rule, Violation

_RS256 = "RS256"
_SUPPORTED = (f"{ALGORITHM_PREFIX}{_RS256}",)


def _algorithms(judged: JudgedBlock) -> Iterator[Violation]:
    for name in judged.oidc.signing_algorithms or ():
        if name not in _SUPPORTED:
            given = name.removeprefix(ALGORITHM_PREFIX)
            cure = "let the provider sign with RS256"
            if given.upper() == _RS256:
                cure = f'write "{_RS256}"'
            yield at("signing_algorithms", f"{given} cannot be set on CKS; {cure}")


RULES: tuple[Rule[JudgedBlock], ...] = (
    Rule("OIDC-11", "the only signing algorithm is RS256", ERROR, _algorithms),
)
