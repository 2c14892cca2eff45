"""Applies the rules to one block of a cluster: all that a resource which is used alone is judged by.

The process of a resource's provider imports this, and nothing of stack files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from cks_components.api.models import OidcConfig, Webhook
from cks_components.identity import providers
from cks_components.rules import (
    certificate_authority,
    claim_types,
    claims,
    client_id,
    excessive_rights,
    issuer,
    issuer_reach,
    prefixes,
    required_claim,
    signing_algorithms,
    webhook,
)
from cks_components.rules.judged_block import JudgedBlock
from cks_components.rules.rule import BARE, Context, Finding, judged
from cks_components.stack_file.unknown_values import deferred

BLOCK_RULES = (
    *issuer.RULES,
    *issuer_reach.RULES,
    *client_id.RULES,
    *prefixes.RULES,
    *claims.RULES,
    *signing_algorithms.RULES,
    *required_claim.RULES,
    *claim_types.RULES,
    *certificate_authority.RULES,
    *excessive_rights.BLOCK_RULES,
)


def block_findings(
    block: OidcConfig,
    context: Context = BARE,
    *,
    cluster_ids: Sequence[str] = (),
    now: datetime | None = None,
) -> list[Finding]:
    """Judge an OIDC block; each path is the leaf's name in the API.

    An unset block has no findings. Only the arguments are read and, without `now`, the clock.

    Args:
        block: the block that the clusters should get.
        context: how strictly; a stack passes its own, a resource used alone has `BARE`.
        cluster_ids: the ids of these clusters, as far as they are known.
        now: the time for which certificates are judged; by default the present.
    """
    if block.is_unset:
        return []
    subject = JudgedBlock(
        oidc=block,
        preset=deferred(lambda: providers.preset(context.provider, block)),
        cluster_ids=cluster_ids,
        now=now or datetime.now(UTC),
    )
    return list(judged(BLOCK_RULES, subject, context))


def webhook_findings(
    block: Webhook, context: Context = BARE, *, now: datetime | None = None
) -> list[Finding]:
    """Judge a webhook's block; each path is the leaf's name in the API, or empty for the whole."""
    subject = webhook.JudgedWebhook(webhook=block, now=now or datetime.now(UTC))
    return list(judged(webhook.RULES, subject, context))
