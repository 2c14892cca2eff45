"""One operation on one cluster inside the provider process: client, turn, report, error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from cks_components.api.api_access import from_environment
from cks_components.api.environment import ApiAccess, may_carry_a_token, shown
from cks_components.api.errors import CksError, SettingsError, WaitTimeoutError
from cks_components.api.retry import Tell, telling
from cks_components.kubernetes.address import Address

if TYPE_CHECKING:
    from cks_components.api.client import Client

    # It imports the engine, which a command of the command line does without.
    from cks_components.engine.progress import ResourceLog
    from cks_components.kubernetes.client import KubernetesClient

STEP_SECONDS = 1.0
"""The time between two progress reports while waiting for a turn."""
clients: dict[ApiAccess, Client] = {}
"""One client for each way and token; a test puts its own here."""
kubernetes_clients: dict[ApiAccess, KubernetesClient] = {}
"""The same for the managed servers of clusters."""
_SERVER = "the cluster's managed server"
_guard = Lock()
_locks: dict[str, Lock] = {}
_C = TypeVar("_C")


@contextmanager
def connected(tell: Tell | None = None) -> Iterator[Client]:
    """Give the caller a client of the environment's present token.

    Args:
        tell: gets progress on reads that take long.

    Raises:
        CksError: without its causes, as `_without_cause` does.
    """
    from cks_components.api.client import Client  # a preview compares, and needs none

    with _without_cause(), _kept(clients, Client, from_environment(), tell) as client:
        yield client


@contextmanager
def connected_to(address: Address, tell: Tell | None = None) -> Iterator[KubernetesClient]:
    """Give the caller a client of a cluster's managed server, with the environment's token.

    Args:
        address: the server, and the way to it.
        tell: as `connected` takes it.

    Raises:
        CksError: without its causes, as `_without_cause` does.
    """
    with _without_cause():
        if not may_carry_a_token(address.server):
            message = (
                f'cannot connect to "{shown(address.server)}": it is not an https URL, so the token '
                "was not sent; write the https URL of the cluster's managed server"
            )
            raise SettingsError([message])
        access = replace(
            from_environment(),
            endpoint=address.server,
            origin=_SERVER,
            proxy_url=address.proxy_url,
            tls_server_name=address.tls_server_name,
            certificate_authority=address.certificate_authority,
        )
        from cks_components.kubernetes.client import KubernetesClient  # as above

        with _kept(kubernetes_clients, KubernetesClient, access, tell) as client:
            yield client


@contextmanager
def _kept(
    kept: dict[ApiAccess, _C], make: Callable[[ApiAccess], _C], access: ApiAccess, tell: Tell | None
) -> Iterator[_C]:
    """Give the caller the client that is kept for an access, or a new one, and report slow reads."""
    with _guard:
        if access not in kept:
            kept[access] = make(access)
        client = kept[access]
    with telling(tell) if tell else nullcontext():
        yield client


@contextmanager
def _without_cause() -> Iterator[None]:
    """Raise an error without its causes.

    The engine prints the whole chain of causes, with texts that may contain secrets.
    """
    failure: CksError | None = None
    try:
        yield
    except CksError as error:
        failure = error
    if failure is not None:
        failure.__cause__ = failure.__context__ = None
        raise failure from None


@contextmanager
def exclusive_access(
    cluster_id: str, client: Client, row: ResourceLog, timeout_seconds: float
) -> Iterator[None]:
    """Allow no other write to the cluster in this process until the block ends.

    Raises:
        WaitTimeoutError: the others took longer than the time limit.
    """
    with _guard:
        lock = _locks.setdefault(cluster_id, Lock())
    now = client.clock.now
    began = now()
    while not lock.acquire(timeout=min(STEP_SECONDS, timeout_seconds)):
        waited = now() - began
        if waited >= timeout_seconds:
            message = (
                f"cannot change cluster {cluster_id}: another change of it in this run has not "
                f'ended after {waited:.0f} s; run "pulumi up" again'
            )
            raise WaitTimeoutError(
                message, cluster_id=cluster_id, last_status="busy", waited=waited
            )
        row.progress(f"{waited:.0f} s: waiting for another change of the same cluster to end")
    try:
        yield
    finally:
        lock.release()
