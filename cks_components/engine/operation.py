"""One operation on one cluster inside the provider process: client, turn, progress, error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from cks_components.api.client import Client
from cks_components.api.environment import ApiAccess, from_environment
from cks_components.api.errors import CksError
from cks_components.engine.progress import row
from cks_components.lifecycle import Owner

_guard = Lock()
clients: dict[ApiAccess, Client] = {}
"""One client for each endpoint and token; a test puts its own here."""
_turns: dict[str, Lock] = {}


@contextmanager
def operation(cluster_id: str, urn: str | None, timeout_seconds: float) -> Iterator[Owner]:
    """Give the caller its turn on a cluster, with a client of the environment's present token.

    Raises:
        CksError: alone, without the errors it came from: the engine prints a whole chain, and
            with it whatever foreign texts hold.
    """
    failure: CksError | None = None
    try:
        access = from_environment()
        with _guard:
            if access not in clients:
                clients[access] = Client(access)
            client = clients[access]
            turn = _turns.setdefault(cluster_id, Lock())
        with turn:
            yield Owner(client, cluster_id, timeout_seconds, row(urn))
    except CksError as error:
        failure = error
    if failure is not None:
        failure.__cause__ = failure.__context__ = None
        raise failure from None
