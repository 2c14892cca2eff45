"""The addresses of the clusters of a stack file; unpinned clusters are looked up."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from cks_components.api.cluster_lookup import select
from cks_components.engine.provider_call import connected
from cks_components.kubernetes.kubeconfig import Addresses
from cks_components.stack_file.selectors import selectors
from cks_components.stack_file.settings import StackSettings


def found(settings: StackSettings, wanted: Sequence[int]) -> dict[int, Addresses]:
    """The addresses of each of the clusters at some indices.

    Raises:
        CksError: they cannot be looked up.
    """
    known = [selectors(settings)[index] for index in wanted]
    with ExitStack() as stack:
        selected = select(known, lambda: stack.enter_context(connected()))
    return {
        index: settings.clusters[index].addresses(endpoint)
        for index, (_, endpoint) in zip(wanted, selected, strict=True)
    }
