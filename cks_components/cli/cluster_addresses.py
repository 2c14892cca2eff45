"""The addresses of the clusters of a stack file; unpinned clusters are looked up."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from cks_components.api.cluster_lookup import select_each
from cks_components.api.errors import SettingsError
from cks_components.engine.provider_call import connected
from cks_components.kubernetes.kubeconfig import Addresses
from cks_components.stack_file.selectors import selectors
from cks_components.stack_file.settings import StackSettings


def of_each(settings: StackSettings, wanted: Sequence[int]) -> dict[int, Addresses | str]:
    """The addresses of each of the clusters at some indices, or why they are not known.

    Raises:
        CksError: the CKS API cannot be asked.
    """
    known = [selectors(settings)[index] for index in wanted]
    with ExitStack() as stack:
        each = select_each(known, lambda: stack.enter_context(connected()))
    return {
        index: found if isinstance(found, str) else settings.clusters[index].addresses(found[1])
        for index, found in zip(wanted, each, strict=True)
    }


def of(settings: StackSettings, index: int) -> Addresses:
    """The addresses of the cluster at an index; the others are not looked at.

    Raises:
        CksError: they cannot be looked up.
    """
    found = of_each(settings, [index])[index]
    if isinstance(found, str):
        raise SettingsError([found])
    return found
