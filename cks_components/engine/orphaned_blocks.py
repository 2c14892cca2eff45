"""Blocks that an interrupted create set on clusters that the program no longer names.

The engine does not know of such a create, so it would never remove the block.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import pulumi

from cks_components.api.client import Client
from cks_components.api.environment import state_backend
from cks_components.api.errors import CksError
from cks_components.api.models import AuthenticationWebhook, AuthorizationWebhook, OidcConfig
from cks_components.engine.intent_log import Journal

_KINDS = (OidcConfig, AuthenticationWebhook, AuthorizationWebhook)


def warnings(cluster_ids: Collection[str], connect: Callable[[], Client]) -> list[str]:
    """Report blocks that this stack set without a record, on clusters other than the given ones.

    Only a cluster that a note on this machine names is asked, and one that gives no answer is
    passed over.
    """
    project_stack = f"{pulumi.get_project()}/{pulumi.get_stack()}"
    journal = Journal("*", project_stack, pulumi.get_organization(), state_backend())
    found: list[str] = []
    for kind in _KINDS:
        for cluster_id, intent in journal.unfinished_creates(kind).items():
            if cluster_id in cluster_ids:
                continue  # the create is done again, and knows what was there before
            try:
                cluster = connect().get_cluster(cluster_id)
            except CksError:
                continue
            if cluster.block(kind) in intent.wanted:
                found.append(
                    f"{kind.title} on cluster {cluster.label} was set by this stack in a run that was "
                    "interrupted, and neither the state nor the stack file has that cluster: add "
                    'it to the stack file again and run "pulumi up", then remove it, which '
                    "restores what was there before"
                )
    return found
