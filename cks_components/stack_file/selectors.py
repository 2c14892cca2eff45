"""How the clusters of a stack file are found at CoreWeave."""

from __future__ import annotations

from cks_components.api.cluster_lookup import Selector
from cks_components.stack_file.settings import StackSettings


def selectors(settings: StackSettings) -> list[Selector]:
    """The selectors of the clusters in a stack file, in its order."""
    return [
        Selector(path=f"clusters[{index}]", name=c.name, id=c.id, endpoint=c.endpoint)
        for index, c in enumerate(settings.clusters)
    ]
