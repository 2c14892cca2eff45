"""The clusters' names in the stack file, and their former names in the stack's state.

Resources are named by the cluster's id (`cluster_name`), so a cluster can be renamed in the stack
file at any time. Up to 0.1, resources were named by the cluster's name in the stack file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pulumi

from cks_components.api.errors import SettingsError
from cks_components.engine.resource_names import cluster_name
from cks_components.engine.stack_state import stack_state

_FORMER_NAMES = "formerNames"
"""The output that exists while an upgrade from 0.1 with renamed clusters is incomplete."""


def refuse_equal(ids: Sequence[str]) -> None:
    """Refuse clusters whose resources would have the same name.

    Raises:
        SettingsError: with every such cluster but the first.
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
    """The name of each cluster in the last update, by the cluster's id.

    An update that fails, or has targets, records its outputs too. Resources that it left with
    names of 0.1 are found by the output `formerNames`.
    """
    outputs = stack_state().outputs
    clusters = outputs.get("clusters") or {}
    called = {str(facts["id"]).lower(): key for key, facts in clusters.items()}
    return called | (outputs.get(_FORMER_NAMES) or {})


def leading(
    key: str, cluster_id: str, former: Mapping[str, str], present: Collection[str]
) -> pulumi.ResourceOptions:
    """Report that a cluster was renamed, and return the aliases of its resources in the state.

    A cluster that was recreated under its old name takes over the resources of the old one: the
    engine then replaces them, instead of deleting by name what it has just created.

    Args:
        key: the cluster's name in the stack file.
        cluster_id: its UUID.
        former: the result of `recorded`.
        present: the ids of all clusters of the stack file.
    """
    before = former.get(cluster_id, key)
    if before != key:
        pulumi.info(
            f'cluster {cluster_id} is renamed from "{before}" to "{key}": only the names in the '
            "outputs change, and nothing is sent to the cluster"
        )
    is_known = cluster_id in former  # it has resources of its own, so it takes over no others
    replaced = [] if is_known else [id_ for id_, called in former.items() if called == before]
    if any(id_ in present for id_ in replaced):
        return pulumi.ResourceOptions()  # the name belonged to another cluster of this stack
    names = (*map(cluster_name, replaced), before)
    return pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name) for name in names])


def keep_former(keys: Mapping[str, str]) -> None:
    """Export the former names of clusters that resources in the state still have.

    Args:
        keys: the name of each cluster in the stack file, by the cluster's id.
    """
    former = recorded()
    left = {id_: former[id_] for id_, key in keys.items() if former.get(id_, key) != key}
    if any(map(stack_state().has_named, left.values())):
        pulumi.export(_FORMER_NAMES, left)
