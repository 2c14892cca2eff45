"""What a resource of ours hands to the engine when it is declared."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast

import pulumi

from cks_components.engine import bag
from cks_components.engine.block_provider import OUTPUTS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def inputs(
    type_token: str, name: str, args: DataclassInstance, opts: pulumi.ResourceOptions | None
) -> dict[str, Any]:
    """Make the property bag of a resource: its arguments that are set, its URN, its outputs.

    The URN travels as a hidden input, because the engine does not tell it to a provider's methods
    and progress needs it. Outputs are named with None, or they would not become attributes.
    """
    given = {f.name: value for f in fields(args) if (value := getattr(args, f.name)) is not None}
    parent = opts.parent.urn.future() if opts and opts.parent else None
    # future(): no dependency is recorded, and a component as parent is not waited for.
    given[bag.URN] = pulumi.create_urn(name, type_token, cast("Awaitable[str] | None", parent))
    return given | dict.fromkeys(OUTPUTS)
