"""What a stack file calls its clusters, and what the stack's state called them before.

Resources are named by the cluster's id (`cluster_name`), so that a name in the stack file is only a
name. Up to 0.1 they were named by what the stack file called the cluster.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pulumi

from cks_components.api.errors import SettingsError
from cks_components.engine.resource_names import cluster_name
from cks_components.engine.stack_state import stack_state

_FORMER_NAMES = "formerNames"
"""An output of a stack between an upgrade from 0.1 with new names, and the end of its work."""


def refuse_equal(ids: Sequence[str]) -> None:
    """Refuse clusters whose resources would have one name.

    Raises:
        SettingsError: with every one but the first.
    """
    names = [cluster_name(id_) for id_ in ids]
    equal = [
        f"clusters[{i}]: the id {id_} ends in the same digits as {ids[names.index(name)]}, and "
        "resources are named by these digits; move one of the two clusters to another stack"
        for i, (id_, name) in enumerate(zip(ids, names, strict=True))
        if name in names[:i]
    ]
    if equal:
        raise SettingsError(equal)


def recorded() -> dict[str, str]:
    """What the state calls each cluster, by the cluster's id: as the last update did.

    An update that fails, or that is told to reach only some resources, records its outputs all the
    same. What it left under names of 0.1 is found by the name that it noted beside them.
    """
    outputs = stack_state().outputs
    clusters = outputs.get("clusters") or {}
    called = {str(facts["id"]).lower(): key for key, facts in clusters.items()}
    return called | (outputs.get(_FORMER_NAMES) or {})


def leading(
    key: str, cluster_id: str, former: Mapping[str, str], present: Collection[str]
) -> pulumi.ResourceOptions:
    """Say that a cluster has another name now, and lead the state to its resources.

    A cluster that takes the place of one of its name, because it was made anew, takes over that
    one's resources: the engine replaces them, and never deletes by name what it has just made.

    Args:
        key: what the stack file calls the cluster.
        cluster_id: its UUID.
        former: as `recorded` gives it.
        present: the ids of all clusters of the stack file.
    """
    before = former.get(cluster_id, key)
    if before != key:
        pulumi.info(
            f'cluster {cluster_id} is renamed from "{before}" to "{key}": only the names in the '
            "outputs change, and nothing is sent to the cluster"
        )
    is_known = cluster_id in former  # with resources of its own, and so nobody's successor
    replaced = [] if is_known else [id_ for id_, called in former.items() if called == before]
    if any(id_ in present for id_ in replaced):
        return pulumi.ResourceOptions()  # the name belonged to another cluster of this stack
    names = (*map(cluster_name, replaced), before)
    return pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name) for name in names])


def keep_former(keys: Mapping[str, str]) -> None:
    """Export the former names of clusters by which the state still calls something.

    Args:
        keys: what the stack file calls each cluster, by the cluster's id.
    """
    former = recorded()
    left = {id_: former[id_] for id_, key in keys.items() if former.get(id_, key) != key}
    if any(map(stack_state().has_named, left.values())):
        pulumi.export(_FORMER_NAMES, left)
