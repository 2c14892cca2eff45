"""Applies the rules: to a block, to bindings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cks_components.api.models import OidcConfig
from cks_components.identity import issuers
from cks_components.identity.rules import (
    authority,
    bindings,
    claims,
    guard_rails,
    issuer,
)
from cks_components.identity.rules.block import Block
from cks_components.identity.rules.bound import Binding, Bound
from cks_components.identity.rules.rule import (
    BARE,
    Context,
    Finding,
    Rule,
    judged,
)

_BLOCK_RULES = (*issuer.RULES, *claims.RULES, *authority.RULES, *guard_rails.BLOCK_RULES)
_BINDING_RULES = (*bindings.RULES, *guard_rails.BINDING_RULES)

RULES: tuple[Rule[Any], ...] = tuple(
    sorted(
        (
            *_BLOCK_RULES,
            *_BINDING_RULES,
        ),
        key=lambda rule: rule.id,
    )
)
"""Every rule that there is, by id."""


def findings(
    block: OidcConfig,
    context: Context = BARE,
    *,
    cluster_ids: Sequence[str] = (),
    now: datetime | None = None,
) -> list[Finding]:
    """Judge an OIDC block; each path is the leaf's name in the API.

    An unset block has no findings. Nothing is read but the arguments and, without `now`, the
    clock that certificates are judged by.

    Args:
        block: what the cluster shall trust.
        context: how strictly; a stack passes its own on, a resource used alone has `BARE`.
        cluster_ids: the clusters that shall trust it, as far as they are known.
        now: the time; the present where it is not given.
    """
    if block.is_unset:
        return []
    subject = Block(
        oidc=block,
        preset=issuers.preset(context.provider, block.issuer_url),
        cluster_ids=cluster_ids,
        now=now or datetime.now(UTC),
    )
    return list(judged(_BLOCK_RULES, subject, context))


def binding_findings(binding: Binding, oidc: OidcConfig, context: Context = BARE) -> list[Finding]:
    """Judge a binding whose names get the prefixes of a block; paths begin at the binding."""
    preset = issuers.preset(context.provider, oidc.issuer_url)
    subject = Bound(binding=binding, oidc=oidc, preset=preset)
    return list(judged(_BINDING_RULES, subject, context))
