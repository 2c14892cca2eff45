"""One kube-apiserver: requests to it, repeated where that is safe, and the form of its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess, token_origin
from cks_components.api.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    Server,
    ServerError,
    UnauthenticatedError,
    UnexpectedAnswerError,
)
from cks_components.api.retry import READ_DEADLINE_SECONDS, retried

if TYPE_CHECKING:
    import httpx

_T = TypeVar("_T")


class ApiServer:
    """A connection to one kube-apiserver; safe to use from several threads.

    Every method raises only `CksError`s, none of the HTTP library's exceptions. `attempt` is what
    is attempted, as the beginning of a sentence in messages.

    Args:
        access: `endpoint` is the cluster's managed server.
        transport: stands for the network in tests.
        clock: replaced by tests.
    """

    def __init__(
        self,
        access: ApiAccess,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        from cks_components.api.http import HttpClient  # and httpx, once something is sent

        self._clock = clock or Clock()
        self._exchange = HttpClient(access, server=_SERVER, clock=self._clock, transport=transport)
        self._timeout_seconds = access.timeout_seconds

    def close(self) -> None:
        """Close the connections; nothing can be sent afterwards."""
        self._exchange.close()

    def send(
        self,
        attempt: str,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        content_type: str = "",
    ) -> dict[str, Any]:
        """Send a request once."""
        return self._exchange.send(
            attempt,
            method,
            path,
            seconds=self._timeout_seconds,
            body=body,
            content_type=content_type,
        )

    def send_with_retries(
        self,
        attempt: str,
        method: str,
        path: str,
        parse: Callable[[dict[str, Any]], _T],
        body: Mapping[str, Any] | None = None,
        *,
        deadline_seconds: float = READ_DEADLINE_SECONDS,
        accept: str = "",
    ) -> _T:
        """Send a request that leaves nothing behind until its answer can be parsed (see `retry`).

        Args:
            attempt: and the next two, as for `send`.
            method: of HTTP.
            path: below the server's URL.
            parse: reads an answer; what it raises is treated like an error of the request.
            body: None for a GET.
            deadline_seconds: for all attempts together.
            accept: the media type of the answer, if not plain JSON.
        """

        def once(left: float) -> _T:
            seconds = min(self._timeout_seconds, left)
            return parse(
                self._exchange.send(
                    attempt, method, path, seconds=seconds, body=body, accept=accept
                )
            )

        return retried(
            once,
            clock=self._clock,
            trying=self._exchange.trying(attempt),
            deadline_seconds=deadline_seconds,
        )

    def listed(
        self,
        attempt: str,
        path: str,
        each: Callable[[dict[str, Any]], _T],
        *,
        key: str = "items",
        deadline_seconds: float = READ_DEADLINE_SECONDS,
        accept: str = "",
    ) -> list[_T]:
        """Read a list, whose key in the answer is `key`, and each of its items."""

        def parse(answer: Mapping[str, Any]) -> list[_T]:
            items = answer.get(key)
            if items is None and key in answer:
                return []  # as Go writes an empty list of metadata
            if not isinstance(items, list):
                raise self.unexpected(attempt, f"it has no list called {key}")
            return [each(item) for item in items]

        return self.send_with_retries(
            attempt, "GET", path, parse, deadline_seconds=deadline_seconds, accept=accept
        )

    def objects(
        self,
        attempt: str,
        path: str,
        *,
        deadline_seconds: float = READ_DEADLINE_SECONDS,
        accept: str = "",
    ) -> list[dict[str, Any]]:
        """Read a list of objects, each of which has a name and a uid."""

        def each(item: dict[str, Any]) -> dict[str, Any]:
            self.identity(attempt, item)
            return item

        return self.listed(attempt, path, each, deadline_seconds=deadline_seconds, accept=accept)

    def identity(self, attempt: str, item: object) -> tuple[str, str]:
        """The name and the uid of an object in an answer."""
        metadata = item.get("metadata") if isinstance(item, dict) else None
        if not isinstance(metadata, dict) or not metadata.get("name") or not metadata.get("uid"):
            raise self.unexpected(attempt, "it contains no object")
        return str(metadata["name"]), str(metadata["uid"])

    def status(self, attempt: str, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The status of an object in an answer."""
        status = answer.get("status")
        if not isinstance(status, dict):
            raise self.unexpected(attempt, "there is no status")
        return status

    def unexpected(self, attempt: str, what: str) -> UnexpectedAnswerError:
        """The error for an answer that another server must have given, and why it must."""
        return self._exchange.not_the_servers(attempt, what)


def _advice(kind: type[ApiError], _writing: bool) -> str:
    return {
        UnauthenticatedError: f"the managed endpoint refuses {token_origin()}: it is "
        "wrong, expired, revoked or another organisation's; create a new one in the console",
        ForbiddenError: f"the owner of {token_origin()} may not do this in the "
        "cluster: use a token whose owner may",
        NotFoundError: "check the names of namespace and service account",
        ConflictError: "another client changed it meanwhile: run the command again",
        RateLimitedError: "wait a moment, then run the command again",
        ServerError: "run the command again; if it fails again, look at the cluster's state in the console",
    }.get(kind, "correct the named fields, then run the command again")


_SERVER = Server("the Kubernetes API", "check the cluster's endpoint and the proxy", _advice)
