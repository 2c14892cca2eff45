"""The managed servers of the clusters of a stack file; unpinned clusters are looked up."""

from __future__ import annotations

from collections.abc import Sequence

from cks_components.api.cluster_lookup import select
from cks_components.engine.provider_call import connected
from cks_components.kubernetes.address import Address
from cks_components.stack_file.selectors import selectors
from cks_components.stack_file.settings import StackSettings


def managed_servers(settings: StackSettings, wanted: Sequence[int]) -> dict[int, Address]:
    """The managed server of each of the clusters at some indices.

    Raises:
        CksError: they cannot be looked up.
    """
    known = [selectors(settings)[index] for index in wanted]
    endpoints = [str(selector.endpoint) for selector in known]
    if not all(selector.is_pinned for selector in known):
        with connected() as client:
            endpoints = [endpoint for _, endpoint in select(known, lambda: client)]
    return {
        index: settings.clusters[index].addresses(endpoint).managed
        for index, endpoint in zip(wanted, endpoints, strict=True)
    }
