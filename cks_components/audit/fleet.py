"""Audits the clusters of a stack, many at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from cks_components.api.concurrent_calls import called_for_each
from cks_components.api.errors import CksError
from cks_components.api.models import Cluster
from cks_components.audit import contents
from cks_components.audit.judgement import Audited, audited
from cks_components.engine.provider_call import connected_to
from cks_components.kubernetes.address import Address
from cks_components.stack_file.settings import StackSettings

_AT_A_TIME = 50


@dataclass(frozen=True)
class ClusterAudit:
    """What came of one cluster.

    Attributes:
        cluster: its key in the stack file.
        result: None if the cluster could not be read.
        problems: what could not be read.
    """

    cluster: str
    result: Audited | None
    problems: tuple[str, ...] = ()


def audit(
    settings: StackSettings,
    servers: Sequence[Address | str],
    shown: Sequence[Cluster | str],
    done: Callable[[], object],
) -> list[ClusterAudit]:
    """Audit every cluster of a stack.

    Args:
        settings: of the stack.
        servers: the managed server of each cluster, or why it is not known.
        shown: each cluster as the CKS API has it, or why it could not be read there.
        done: called for each cluster that is done, by one thread at a time.
    """
    lock = Lock()

    def one(index: int) -> ClusterAudit:
        key, server = settings.clusters[index].key, servers[index]
        try:
            if isinstance(server, str):
                return ClusterAudit(key, None, (server,))
            with connected_to(server) as client:
                read = contents.read(client)
            cluster = shown[index]
            if isinstance(cluster, Cluster):
                return ClusterAudit(key, audited(settings, index, read, cluster), read.problems)
            problems = (*read.problems, f"its login and webhooks are not known: {cluster}")
            return ClusterAudit(key, audited(settings, index, read, None), problems)
        except CksError as error:
            return ClusterAudit(key, None, (str(error),))
        finally:
            with lock:
                done()

    return called_for_each(one, range(len(servers)), at_a_time=_AT_A_TIME)
