"""What a resource that owns a block of a cluster hands to the engine when it is declared."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

import pulumi

from cks_components.api.waiting import DEFAULT_TIMEOUT_SECONDS
from cks_components.engine import bag
from cks_components.engine.block_provider import OUTPUTS, recorded
from cks_components.engine.stack_state import stack_state
from cks_components.identity.rules import BARE, Context
from cks_components.lifecycle import OnDelete, OnDrift

_HIDDEN = ("context", "endpoint")


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
        endpoint: the `apiServerEndpoint` that bindings and kubeconfigs go to; a cluster that has
            another one is refused. None compares nothing.
    """

    cluster_id: pulumi.Input[str]
    adopt: bool = False
    on_drift: OnDrift = "refuse"
    on_delete: OnDelete = "restore"
    update_timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    context: Context = BARE
    endpoint: pulumi.Input[str] | None = None


def inputs(
    type_token: str, name: str, args: BlockArgs, opts: pulumi.ResourceOptions | None
) -> dict[str, Any]:
    """Make the property bag of a resource: its arguments that are set, its URN, its outputs.

    What the provider has to know and is no property of the cluster travels as hidden inputs: the
    URN and the organisation, which the engine does not tell to a provider's methods, the context,
    the endpoint, and what the stack's state says of the block. Outputs are named with None, or
    they would not become attributes.
    """
    names = [f.name for f in fields(args) if f.name not in _HIDDEN]
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    if args.context != BARE:
        given[bag.CONTEXT] = asdict(args.context)
    if args.endpoint is not None:
        given[bag.ENDPOINT] = args.endpoint
    given[bag.ORGANIZATION] = pulumi.get_organization()
    given[bag.RECORDED] = _recorded(type_token, args.cluster_id)
    parent = opts.parent.urn.future() if opts and opts.parent else None
    # future(): no dependency is recorded, and a component as parent is not waited for.
    given[bag.URN] = pulumi.create_urn(name, type_token, cast("Awaitable[str] | None", parent))
    return given | dict.fromkeys(OUTPUTS)


def _recorded(type_token: str, cluster_id: pulumi.Input[str]) -> pulumi.Input[dict[str, Any]]:
    """What the state says of the block, whatever the resource was called that owned it."""

    def find(id_: str) -> dict[str, Any]:
        return recorded(stack_state().owned(type_token, id_) or {})

    if isinstance(cluster_id, str):
        return find(cluster_id)
    given: pulumi.Output[str] = pulumi.Output.from_input(cast("Any", cluster_id))
    return given.apply(find)
