"""The mask and body of a PATCH, made from the differences of two blocks."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from cks_components.api.models import Block, Cluster

SECRET = "[secret]"  # noqa: S105 - what is shown in the place of one
hidden: ContextVar[frozenset[str]] = ContextVar("hidden", default=frozenset())
"""The leaves, as the API spells them, whose values no message of the present operation may show."""
_SHOWN_CHARACTERS = 80


def changed_leaves(live: Block, desired: Block) -> list[str]:
    """Name the leaves that differ, as the API spells them, sorted."""
    return sorted(
        alias
        for name, alias in desired.leaves().items()
        if getattr(live, name) != getattr(desired, name)
    )


def differences(live: Block, desired: Block, *, wanted: str = "wanted") -> list[str]:
    """Describe every difference: the leaf, its value on the cluster, the wanted value."""
    have, want = live.wire(), desired.wire()
    told, asked = readable(live), readable(desired)
    return [
        f"{leaf}: {_shown(told.get(leaf))} on the cluster, {_shown(asked.get(leaf))} {wanted}"
        f"{_only_a_slash(have.get(leaf), want.get(leaf))}"
        for leaf in changed_leaves(live, desired)
    ]


def readable(block: Block) -> dict[str, Any]:
    """The leaves that have a value, as the API spells them, with secret values hidden."""
    return {k: SECRET if k in hidden.get() else v for k, v in block.wire().items()}


def patch_body(cluster: Cluster, desired: Block) -> dict[str, Any] | None:
    """Make the body that turns the cluster's live block into the desired one.

    The body has the cluster's id and the version just read, the whole desired block and a mask of
    only the changed leaves: the API refuses a block without its issuer, even if the
    mask leaves the issuer out (schema). To remove a block, the body omits it
    and the mask has all its leaves.

    Returns:
        The body, or None if nothing differs, so that nothing has to be sent.
    """
    leaves = changed_leaves(cluster.block(type(desired)), desired)
    if not leaves:
        return None
    body: dict[str, Any] = {"id": cluster.id, "version": cluster.version}
    if desired.is_unset:
        leaves = sorted(desired.leaves().values())
    else:
        body[desired.field] = desired.wire()
    return body | {"updateMask": ",".join(f"{desired.field}.{leaf}" for leaf in leaves)}


def _shown(value: object) -> str:
    text = "unset" if value is None else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 3]}…'"


def _only_a_slash(have: object, want: object) -> str:
    """A hint for two texts that differ only in a slash at the end, which is easy to overlook."""
    if not (isinstance(have, str) and isinstance(want, str)):
        return ""
    return " (only the slash at the end differs)" if have.rstrip("/") == want.rstrip("/") else ""
