"""What a resource that owns a block of a cluster hands to the engine when it is declared."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

import pulumi

from cks_components.api.waiting import DEFAULT_TIMEOUT_SECONDS
from cks_components.engine import bag
from cks_components.engine.block_provider import OUTPUTS
from cks_components.identity.rules import BARE, Context
from cks_components.lifecycle import OnDelete, OnDrift

_CONTEXT = "context"


@dataclass(frozen=True, kw_only=True)
class BlockArgs:
    """What every resource that owns a block of a cluster takes beside the block's leaves.

    Attributes:
        cluster_id: the cluster's UUID; another one is another resource.
        adopt: take over a block that somebody else made; False refuses and shows it.
        on_drift: "refuse" or "overwrite" a block that changed outside since the last refresh.
        on_delete: "restore" what was there before, "clear" the block, or "retain" it.
        update_timeout_seconds: limit for one operation; default 20 minutes.
        context: how strictly the rules judge the block; a stack passes its own on.
    """

    cluster_id: pulumi.Input[str]
    adopt: bool = False
    on_drift: OnDrift = "refuse"
    on_delete: OnDelete = "restore"
    update_timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    context: Context = BARE


def inputs(
    type_token: str, name: str, args: BlockArgs, opts: pulumi.ResourceOptions | None
) -> dict[str, Any]:
    """Make the property bag of a resource: its arguments that are set, its URN, its outputs.

    The URN travels as a hidden input, because the engine does not tell it to a provider's methods
    and progress needs it; the context does so because it is no property of the cluster. Outputs
    are named with None, or they would not become attributes.
    """
    names = [f.name for f in fields(args) if f.name != _CONTEXT]
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    if args.context != BARE:
        given[bag.CONTEXT] = asdict(args.context)
    parent = opts.parent.urn.future() if opts and opts.parent else None
    # future(): no dependency is recorded, and a component as parent is not waited for.
    given[bag.URN] = pulumi.create_urn(name, type_token, cast("Awaitable[str] | None", parent))
    return given | dict.fromkeys(OUTPUTS)
