"""Requests to the CKS API: list, get, patch and whoami. None creates or deletes a cluster."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from cks_components.api.api_access import from_environment
from cks_components.api.clock import Clock
from cks_components.api.cluster_polls import ClusterPolls
from cks_components.api.environment import ApiAccess, token_origin
from cks_components.api.errors import (
    ApiError,
    CksError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    Server,
    ServerError,
    UnauthenticatedError,
    UnexpectedAnswerError,
)
from cks_components.api.models import Cluster, Principal, label
from cks_components.api.recent_reads import RecentReads
from cks_components.api.request_budget import RequestBudget
from cks_components.api.retry import READ_DEADLINE_SECONDS, delay_seconds, retried

if TYPE_CHECKING:
    import httpx

CLUSTERS = "/v1beta1/cks/clusters"
WHOAMI = "/v1beta1/auth/whoami"
_T = TypeVar("_T")


def _advice(kind: type[ApiError], writing: bool) -> str:
    role = "CKS Admin" if writing else "CKS Viewer"
    return {
        UnauthenticatedError: f"{token_origin()} is wrong, expired or revoked: create a new "
        "one in the console",
        ForbiddenError: f"give the token's owner the role {role}, then run the command again",
        NotFoundError: "the cluster is gone or not visible to this token: check its id and the "
        "token's organisation",
        ConflictError: "the cluster is busy or refuses the change: look at its state in the "
        "console, then run the command again",
        RateLimitedError: "wait a moment, then run the command again",
        ServerError: "run the command again; if it fails again, ask CoreWeave's support",
    }.get(kind, "correct the named fields, then run the command again")


CKS_API = Server("the CKS API", "check COREWEAVE_API_ENDPOINT and the proxy", _advice)


class Client:
    """A client for one token; safe to use from several threads.

    Reads are retried inside one deadline (see `retry`); a PATCH is sent at most once per call.
    All requests share one budget, and a 429 makes all of them wait. The wait for a turn is not
    part of a deadline. Every method raises only `CksError`s, none of the HTTP library's exceptions.
    """

    def __init__(
        self,
        access: ApiAccess,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        from cks_components.api.http import HttpClient  # and httpx, once something is sent

        self.clock = clock or Clock()
        self._exchange = HttpClient(access, server=CKS_API, clock=self.clock, transport=transport)
        self._timeout_seconds = access.timeout_seconds
        self._budget = RequestBudget(access.requests_per_second, self.clock)
        self.polls = ClusterPolls(self.list_clusters, self.clock)
        """What the waits of this process share."""
        self.recent = RecentReads(self.clock)
        """What the reads of one cluster's resources share; no PATCH is built from it."""

    @classmethod
    def from_environment(cls) -> Self:
        """Make a client from the environment's token and endpoint.

        Raises:
            SettingsError: the token is missing or a variable is invalid.
        """
        return cls(from_environment())

    def list_clusters(self, *, deadline_seconds: float = READ_DEADLINE_SECONDS) -> list[Cluster]:
        """Read every cluster that the token may see."""
        attempt = "list the clusters"
        return self._read(
            attempt,
            CLUSTERS,
            lambda body: self._listed(attempt, body),
            deadline_seconds=deadline_seconds,
        )

    def get_cluster(
        self,
        cluster_id: str,
        *,
        name: str = "",
        deadline_seconds: float = READ_DEADLINE_SECONDS,
    ) -> Cluster:
        """Read one cluster; `name` is its name in messages, if it is known."""
        attempt = f"read cluster {label(cluster_id, name)}"
        return self._read(
            attempt,
            _path(cluster_id),
            lambda body: self._expected(attempt, body, cluster_id),
            deadline_seconds=deadline_seconds,
        )

    def patch_cluster(self, cluster: Cluster, body: Mapping[str, Any]) -> Cluster:
        """Send one PATCH, once; a 200 means accepted, not done.

        It does not wait for its turn, because `cluster` would be out of date by then.

        Args:
            cluster: as it was just read.
            body: as `update_mask.patch_body` makes it.

        Raises:
            RateLimitedError: the API refused it, or has asked another request to wait, so that
                this one was not sent.
        """
        attempt = f"set {body.get('updateMask')} on cluster {cluster.label}"
        if (left := self._budget.take_at_once()) > 0:
            raise _not_sent(attempt, left)
        self.recent.written(cluster.id)
        answer = self._send(attempt, "PATCH", _path(cluster.id), self._timeout_seconds, body)
        return self._expected(attempt, answer, cluster.id)

    def whoami(self) -> Principal | None:
        """Return the token's owner, or None: it is optional, so a failure raises nothing."""
        try:
            attempt = "ask who the token belongs to"
            self._budget.take()
            answer = self._send(attempt, "GET", WHOAMI, self._timeout_seconds)
            return Principal.from_answer(answer)
        except (CksError, ValidationError):
            return None

    def _read(
        self,
        attempt: str,
        path: str,
        parse: Callable[[dict[str, Any]], _T],
        *,
        deadline_seconds: float = READ_DEADLINE_SECONDS,
    ) -> _T:
        def once(left: float) -> _T:
            self._budget.take()
            return parse(self._send(attempt, "GET", path, min(self._timeout_seconds, left)))

        return retried(
            once,
            clock=self.clock,
            trying=self._exchange.trying(attempt),
            deadline_seconds=deadline_seconds,
        )

    def _send(
        self,
        attempt: str,
        method: str,
        path: str,
        seconds: float,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            return self._exchange.send(attempt, method, path, seconds=seconds, body=body)
        except RateLimitedError as error:
            self._budget.close(delay_seconds(error, 1))
            raise

    def _listed(self, attempt: str, body: Mapping[str, Any]) -> list[Cluster]:
        items = body.get("items", [])
        if not isinstance(items, list) or "clusters" in body or "cluster" in body:
            raise self._exchange.not_the_servers(attempt, "it has no list called items")
        if body.get("nextPageToken"):
            message = (
                "cannot list the clusters: the API returned only the first page of its list, and this "
                'version of cks-access cannot read the next; write the "id" of each cluster into '
                "the stack file"
            )
            raise UnexpectedAnswerError(message, status=200)
        return [self._cluster(attempt, item) for item in items]

    def _expected(self, attempt: str, body: Mapping[str, Any], cluster_id: str) -> Cluster:
        cluster = self._cluster(attempt, body.get("cluster"))
        if cluster.id != cluster_id:
            raise self._exchange.not_the_servers(
                attempt, f"it shows another cluster, {cluster.id!r}"
            )
        return cluster

    def _cluster(self, attempt: str, item: object) -> Cluster:
        if not isinstance(item, dict) or not item.get("id"):
            raise self._exchange.not_the_servers(attempt, "it contains no cluster")
        try:
            return Cluster.model_validate(item, extra="ignore")
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
            raise self._exchange.not_the_servers(
                attempt, f"unexpected values in {fields}"
            ) from error


def _not_sent(attempt: str, seconds: float) -> RateLimitedError:
    message = f"the API asked for a pause, of which {seconds:.0f} s are left"
    return RateLimitedError(
        f"cannot {attempt}: it was not sent, because {message}; run the command again later",
        status=429,
        code=None,
        message=message,
        retry_after=str(math.ceil(seconds)),
    )


def _path(cluster_id: str) -> str:
    return f"{CLUSTERS}/{quote(cluster_id, safe='')}"
