"""The scopes that a log-in asks for, and which of them a provider refuses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cks_components.api.models import OidcConfig
from cks_components.identity.preset import Preset, Provider
from cks_components.identity.providers import PRESETS, preset

_SEVERAL = re.compile(r"[\s,]")


class RefusedScope(NamedTuple):
    """What is wrong with a scope, as the rest of a sentence that begins with it.

    Attributes:
        is_certain: False if an administrator may have added the scope.
    """

    text: str
    is_certain: bool


def requested(provider: Provider, oidc: OidcConfig, extra: Sequence[str]) -> tuple[str, ...]:
    """The scopes of a log-in besides `openid`, each once.

    They are those of the preset that applies. For `generic` they stay those of `generic`, also
    where the issuer's host says whose it is: more of them could make a log-in fail that works.
    """
    found = PRESETS["generic"] if provider == "generic" else preset(provider, oidc)
    return tuple(dict.fromkeys([*found.scopes, *extra]))


def refused(known: Preset, issuer_url: str | None, scope: str) -> RefusedScope | None:
    """Why a log-in that asks for this scope fails; None if nothing is known against it."""
    if _SEVERAL.search(scope):
        return RefusedScope(
            "has a space or a comma in it, and a scope has neither; write each scope as an entry "
            "of its own",
            False,
        )
    rules = known.scope_rules
    if scope in rules.refused:
        return RefusedScope(
            f"makes {known.title} refuse every log-in; {rules.refused[scope]}", True
        )
    if rules.accepted is None or rules.accepted.fullmatch(scope):
        return None
    is_its_own_host = not known.hosts or known.is_home_of(issuer_url)
    if rules.is_certain and is_its_own_host:
        return RefusedScope(
            f"is not a scope of {known.title}, which refuses every log-in that asks for it; "
            "remove it",
            True,
        )
    return RefusedScope(
        f"is not among the scopes that {known.title} always has, and a log-in that asks for a "
        "missing scope is refused; remove it, or waive OIDC-26 if somebody added the scope",
        False,
    )
