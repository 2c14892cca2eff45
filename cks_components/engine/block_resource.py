"""The inputs and options that a resource passes to the engine for its block of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

import pulumi

from cks_components.engine import argument_types, properties
from cks_components.engine.arguments import following, is_plain
from cks_components.engine.block_provider import OUTPUTS, PREVIOUS, recorded
from cks_components.engine.resource_names import urn_of
from cks_components.engine.stack_state import stack_state
from cks_components.lifecycle.policies import DEFAULT_TIMEOUT_SECONDS, OnDelete, OnDrift
from cks_components.rules import BARE, Context

_HIDDEN = ("context", "endpoint", "is_judged")
_TIMEOUT = "update_timeout_seconds"
_ALGORITHMS = "signing_algorithms"
"""The only leaf of a block that is a list."""


@dataclass(frozen=True, kw_only=True)
class BlockArgs:
    """What every resource that owns a block of a cluster takes beside the block's leaves.

    Every argument may be an output, or secret, but the context.

    Attributes:
        cluster_id: the cluster's UUID; another one replaces the resource.
        adopt: take over a block that another tool or user set, instead of refusing and showing it.
        on_drift: "refuse" or "overwrite" a block that changed outside since the last refresh.
        on_delete: "restore" what was there before, "clear" the block, or "retain" it.
        update_timeout_seconds: limit for one operation; default 20 minutes.
        context: how strictly the rules judge the block; a stack passes its own on. Plain values.
        endpoint: the `apiServerEndpoint` that bindings and kubeconfigs go to; a cluster that has
            another one is refused. None compares nothing.
        is_judged: True if the caller has already reported the rules' warnings.
    """

    cluster_id: pulumi.Input[str]
    adopt: pulumi.Input[bool] = False
    on_drift: pulumi.Input[OnDrift] = "refuse"
    on_delete: pulumi.Input[OnDelete] = "restore"
    update_timeout_seconds: pulumi.Input[float] = DEFAULT_TIMEOUT_SECONDS
    context: Context = BARE
    endpoint: pulumi.Input[str] | None = None
    is_judged: bool = False


class BlockOutputs:
    """The outputs of every resource that owns a block of a cluster, beside the block's leaves."""

    cluster_id: pulumi.Output[str]
    """The cluster's UUID."""
    adopt: pulumi.Output[bool]
    """Whether a block that another tool or user set is taken over."""
    on_drift: pulumi.Output[str]
    """What happens to a block that changed outside."""
    on_delete: pulumi.Output[str]
    """What destroy leaves on the cluster."""
    update_timeout_seconds: pulumi.Output[float]
    """Limit for one operation."""
    previous: pulumi.Output[dict[str, Any]]
    """The block that was there before, which `on_delete: restore` brings back."""
    cluster_name: pulumi.Output[str]
    """The cluster's name as it was seen last."""
    cluster_endpoint: pulumi.Output[str]
    """Its `apiServerEndpoint` as it was seen last."""


def inputs(
    type_token: str, name: str, args: BlockArgs, opts: pulumi.ResourceOptions | None
) -> dict[str, Any]:
    """Make the property bag of a resource: its arguments, its URN, its outputs.

    What the provider needs beside the cluster's properties is passed in hidden inputs: the
    URN and the organisation, which the engine does not tell to a provider's methods, the context,
    the endpoint, which leaves are secret, and what the stack's state says of the block. Outputs and
    arguments that are not set are named with None, or they would not become attributes.

    Raises:
        ArgumentError: the context is an output, contains one or has an unknown value; or another
            argument has the wrong type.
    """
    argument_types.refuse_odd_context(args.context)
    argument_types.require(
        _misshapen_leaves(args),
        argument_types.policies("", args),
        argument_types.optional_text("endpoint", args.endpoint),
    )
    given = {f.name: getattr(args, f.name) for f in fields(args) if f.name not in _HIDDEN}
    given[_TIMEOUT] = _in_seconds(args.update_timeout_seconds)
    if args.context != BARE:
        given[properties.CONTEXT] = asdict(args.context)
    if args.is_judged:
        given[properties.JUDGED] = True
    if args.endpoint is not None:
        given[properties.ENDPOINT] = args.endpoint
    if not _has_plain_leaves(args):
        given[properties.SECRET] = pulumi.Output.from_input(_secret_leaves(args))
    given[properties.ORGANIZATION] = pulumi.get_organization()
    given[properties.RECORDED] = _recorded(type_token, args)
    given[properties.URN] = urn_of(type_token, name, opts)
    return given | dict.fromkeys(OUTPUTS)


def options(args: BlockArgs, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
    """The options of a resource.

    The engine keeps a secret leaf secret in the output of the same name. Earlier values of the
    leaf lie in other outputs, which are marked secret here.
    """
    if _has_plain_leaves(args):
        return opts
    former = pulumi.ResourceOptions(additional_secret_outputs=[PREVIOUS, properties.UNCONFIRMED])
    return pulumi.ResourceOptions.merge(opts, former)


def _misshapen_leaves(args: BlockArgs) -> Iterator[str]:
    for name, value in _leaves(args).items():
        if name == _ALGORITHMS and value is not None:
            yield from argument_types.texts(name, value, '["RS256"]')
        else:
            yield from argument_types.optional_text(name, value)


def _recorded(type_token: str, args: BlockArgs) -> pulumi.Input[dict[str, Any]]:
    """What the state says of the block, under any name of the resource that owned it."""
    state = stack_state()

    @following
    def find(id_: str) -> dict[str, Any]:
        argument_types.require(argument_types.text("cluster_id", id_))
        return recorded(state.owned(type_token, id_) or {})

    found = find(args.cluster_id)
    return found if _has_plain_leaves(args) else pulumi.Output.secret(found)


@following
def _in_seconds(value: Any) -> Any:
    argument_types.require(argument_types.seconds(_TIMEOUT, value))
    return value


def _has_plain_leaves(args: BlockArgs) -> bool:
    return is_plain(_leaves(args))


async def _secret_leaves(args: BlockArgs) -> list[str]:
    """The names of the secret leaves, which the engine does not pass to providers."""
    outputs = {name: pulumi.Output.from_input(value) for name, value in _leaves(args).items()}
    return [name for name, output in outputs.items() if await output.is_secret()]


def _leaves(args: BlockArgs) -> dict[str, Any]:
    common = {field.name for field in fields(BlockArgs)}
    return {f.name: getattr(args, f.name) for f in fields(args) if f.name not in common}
