"""Provider pools: more processes, so that more clusters are changed at the same time.

A provider process works on four resources at a time. The engine does not treat a
resource that moves to another pool as changed, so clusters may be added and removed.
"""

from __future__ import annotations

import pulumi

POOL_SIZE = 4
"""Clusters that one provider process works on at a time (the SDK's number of threads)."""
MOST_POOLS = 8
"""Each is a Python process; with more clusters than that, those of one pool wait for each other."""


def pool_of_each(count: int) -> list[str | None]:
    """Name the pool of each of `count` clusters; None is the engine's default provider."""
    if count <= POOL_SIZE:
        return [None] * count
    return [f"pool-{index // POOL_SIZE % MOST_POOLS}" for index in range(count)]


def provider_options(count: int) -> list[pulumi.ResourceOptions]:
    """Declare the pools that `count` clusters need, and return the options of each cluster.

    All resources that write to one cluster must get the same options, so that their writes take
    turns inside one process.
    """
    names = pool_of_each(count)
    pools = {
        name: pulumi.ProviderResource("pulumi-python", name, {})
        for name in dict.fromkeys(names)
        if name is not None
    }
    return [pulumi.ResourceOptions(providers=[pools[n]] if n else None) for n in names]
