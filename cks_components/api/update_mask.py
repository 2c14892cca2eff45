"""What a PATCH says: the differences of two blocks, as mask and body."""

from __future__ import annotations

from typing import Any

from cks_components.api.models import Cluster, OidcConfig

BLOCK = "oidc"
LEAVES = {name: str(field.alias) for name, field in OidcConfig.model_fields.items()}


def changed_leaves(live: OidcConfig, desired: OidcConfig) -> list[str]:
    """Name the leaves that differ, as the API spells them, sorted."""
    return sorted(
        alias for name, alias in LEAVES.items() if getattr(live, name) != getattr(desired, name)
    )


def differences(live: OidcConfig, desired: OidcConfig, *, wanted: str = "wanted") -> list[str]:
    """Say every difference in words: the leaf, what is there, what is wanted."""
    have, want = live.wire(), desired.wire()
    return [
        f"{leaf}: {_shown(have.get(leaf))} on the cluster, {_shown(want.get(leaf))} {wanted}"
        for leaf in changed_leaves(live, desired)
    ]


def patch_body(cluster: Cluster, desired: OidcConfig) -> dict[str, Any] | None:
    """Make the body that turns the cluster's live block into the desired one.

    The body has the cluster's id and the version just read, the whole desired block and a mask of
    only the changed leaves: the API refuses a block without its issuer, whatever the mask says
    (schema). A block that is to go is left out and all its leaves are named.

    Returns:
        The body, or None where nothing differs and nothing is to be sent.
    """
    leaves = changed_leaves(cluster.oidc, desired)
    if not leaves:
        return None
    body: dict[str, Any] = {"id": cluster.id, "version": cluster.version}
    if desired.is_unset:
        leaves = sorted(LEAVES.values())
    else:
        body[BLOCK] = desired.wire()
    return body | {"updateMask": ",".join(f"{BLOCK}.{leaf}" for leaf in leaves)}


def _shown(value: object) -> str:
    text = "unset" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…'"
