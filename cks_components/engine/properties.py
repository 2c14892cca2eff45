"""Property bags of the engine: what a method is given, and what it may return.

Keys with two leading underscores belong to the engine or to us as hidden notes: they lie in the
state, are never shown and never cause a diff. Integers arrive as floats; a null in a bag is
an absent key; an unknown value of a preview is an object of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.output import Unknown
from pydantic import BaseModel

HIDDEN = "__"
PROVIDER = "__provider"
URN = "__urn"
CONTEXT = "__context"
JUDGED = "__judged"
"""Whether the caller of the resource has already reported the warnings of the rules."""
LABEL = "__label"
"""The cluster's name in messages."""
ORGANIZATION = "__organization"
"""The organisation of the stack, which its URNs do not name."""
ENDPOINT = "__endpoint"
"""The `apiServerEndpoint` that the program pins."""
RECORDED = "__recorded"
"""What the state says of the block at the beginning of the run; see `engine.stack_state`."""
SECRET = "__secret"  # noqa: S105 - a property's name
"""The names of the leaves that the program holds secret."""
OPERATION = "__operation"
"""An output: the operation that made it."""
UNCONFIRMED = "__unconfirmed"
"""An output: blocks that may be live as well, since the operation was not confirmed."""


def visible(bag: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bag without hidden keys and without nulls."""
    return {k: v for k, v in bag.items() if not k.startswith(HIDDEN) and v is not None}


def is_unknown(value: object) -> bool:
    """Whether a preview does not know the value yet, at any depth."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(is_unknown(v) for v in value.values())
    return isinstance(value, list | tuple) and any(is_unknown(v) for v in value)


def differs(old: object, new: object) -> bool:
    """Whether a known value is replaced by another known one."""
    return old is not None and new is not None and not is_unknown((old, new)) and old != new


def stored(model: BaseModel) -> dict[str, Any]:
    """Return a model's values as a bag keeps them: JSON, and only what is set."""
    return model.model_dump(mode="json", exclude_none=True)


def known(bag: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a bag whose values are known."""
    return {k: v for k, v in bag.items() if not is_unknown(v)}
