"""Names of resources made of several parts; different parts give different names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, cast

import pulumi

LONGEST = 220
"""Characters; Kubernetes names that begin with such a name stay below its limit of 253."""
_DIGEST = 12


def joined(*parts: str) -> str:
    """Join the parts with colons; different parts give different names.

    Names of namespaces, pipelines and clusters have no colon, and a role stands last, so the colons
    separate the parts. If a part does have a colon, or the name is too long, it ends in a digest
    of its parts.
    """
    return _distinct(parts, are_clear=not any(":" in part for part in parts[:-1]))


def inside(name: str, *parts: str) -> str:
    """The name of a child of something that has a name, with or without colons.

    It begins with that name, so that a name of an earlier release leads to it as well. Other names
    or as many other parts give another name; a digest distinguishes parts with a colon.
    """
    return _distinct((name, *parts), are_clear=not any(":" in part for part in parts))


def _distinct(parts: Sequence[str], *, are_clear: bool) -> str:
    name = ":".join(parts)
    if len(name) <= LONGEST and are_clear:
        return name
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_DIGEST]
    return f"{name[: LONGEST - _DIGEST - 1]}:{digest}"


def cluster_name(cluster_id: str) -> str:
    """The name of a cluster's component: the last group of its UUID, which are 48 random bits.

    The whole UUID would push the progress of a row out of a terminal of ordinary width. A stack
    refuses two clusters that share a name.
    """
    return cluster_id.rpartition("-")[2]


def urn_of(type_token: str, name: str, opts: pulumi.ResourceOptions | None) -> pulumi.Output[str]:
    """The URN that the engine will give to a resource; providers are not told it."""
    # future(): no dependency is recorded, and a component as parent is not waited for.
    parent = opts.parent.urn.future() if opts and opts.parent else None
    return pulumi.create_urn(name, type_token, cast("Any", parent))
