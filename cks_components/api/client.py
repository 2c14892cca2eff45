"""Requests to the CKS API: list, get, patch and whoami, and nothing that makes or ends a cluster."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess, from_environment
from cks_components.api.errors import (
    CksError,
    NoAnswerError,
    NotFoundError,
    UnexpectedAnswerError,
    error_from_response,
    redact,
)
from cks_components.api.models import Cluster, Principal
from cks_components.api.retry import READ_DEADLINE_SECONDS, retried

CLUSTERS = "/v1beta1/cks/clusters"
WHOAMI = "/v1beta1/auth/whoami"


class Client:
    """A client for one token; safe to use from several threads.

    Reads are retried inside one deadline (see `retry`); a PATCH is sent exactly once per call.
    Every method raises a `CksError` and nothing of the HTTP library's.
    """

    def __init__(
        self,
        access: ApiAccess,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self._http = httpx.Client(
            base_url=access.endpoint,
            headers={"Authorization": f"Bearer {access.token}", "Accept": "application/json"},
            timeout=access.timeout_seconds,
            follow_redirects=False,  # the token goes nowhere else
            transport=transport,
            verify=ssl.create_default_context(),  # the system's roots; honours SSL_CERT_FILE
        )
        self._token = access.token

    @classmethod
    def from_environment(cls) -> Self:
        """Make a client from the environment's token and endpoint.

        Raises:
            SettingsError: the token is missing or a variable is wrong.
        """
        return cls(from_environment())

    def list_clusters(self) -> list[Cluster]:
        """Read every cluster that the token may see."""
        attempt = "list the clusters"
        body = self._read(attempt, CLUSTERS)
        items = body.get("items", [])
        if not isinstance(items, list) or "clusters" in body or "cluster" in body:
            raise self._not_the_api(attempt, "there is no list called items")
        if body.get("nextPageToken"):
            message = (
                "cannot list the clusters: the answer is one page of several, which this version "
                "does not know; name the clusters by id"
            )
            raise UnexpectedAnswerError(message, status=200)
        return [self._cluster(attempt, item) for item in items]

    def get_cluster(
        self, cluster_id: str, *, deadline_seconds: float = READ_DEADLINE_SECONDS
    ) -> Cluster:
        """Read one cluster."""
        attempt = f"read cluster {cluster_id}"
        body = self._read(attempt, _path(cluster_id), deadline_seconds=deadline_seconds)
        return self._expected(attempt, body, cluster_id)

    def patch_cluster(self, cluster_id: str, body: Mapping[str, Any]) -> Cluster:
        """Send one PATCH, once; a 200 means accepted, not done."""
        attempt = f"set {body.get('updateMask')} on cluster {cluster_id}"
        answer = self._send(attempt, "PATCH", _path(cluster_id), body)
        return self._expected(attempt, answer, cluster_id)

    def is_gone(self, cluster_id: str) -> bool:
        """Whether a cluster that answered 404 is really gone: a second read and the list agree."""
        try:
            self.get_cluster(cluster_id)
        except NotFoundError:
            return all(cluster.id != cluster_id for cluster in self.list_clusters())
        return False

    def whoami(self) -> Principal | None:
        """Who the token belongs to, or None: optional help whose failure fails nothing."""
        try:
            return Principal.from_answer(self._send("ask who the token belongs to", "GET", WHOAMI))
        except (CksError, ValidationError):
            return None

    def _read(
        self, attempt: str, path: str, *, deadline_seconds: float = READ_DEADLINE_SECONDS
    ) -> dict[str, Any]:
        return retried(
            lambda: self._send(attempt, "GET", path),
            clock=self.clock,
            deadline_seconds=deadline_seconds,
        )

    def _send(
        self, attempt: str, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise self._no_answer(attempt, error) from error
        text = self._without_token(response.text)
        if response.status_code >= 300:
            raise error_from_response(
                attempt,
                status=response.status_code,
                headers={k.lower(): self._without_token(v) for k, v in response.headers.items()},
                text=text,
                writing=body is not None,
            )
        try:
            parsed = json.loads(response.content)
        except ValueError as error:
            raise self._not_the_api(attempt, f"it is not JSON: {text!r}") from error
        if not isinstance(parsed, dict):
            raise self._not_the_api(attempt, "it is not a JSON object")
        return parsed

    def _without_token(self, text: str) -> str:
        """An answer may echo what was sent, and a token need not look like one."""
        return text.replace(self._token, "[redacted]")

    def _expected(self, attempt: str, body: Mapping[str, Any], cluster_id: str) -> Cluster:
        cluster = self._cluster(attempt, body.get("cluster"))
        if cluster.id != cluster_id:
            raise self._not_the_api(attempt, f"it shows another cluster, {cluster.id!r}")
        return cluster

    def _cluster(self, attempt: str, item: object) -> Cluster:
        if not isinstance(item, dict) or not item.get("id"):
            raise self._not_the_api(attempt, "there is no cluster in it")
        try:
            return Cluster.model_validate(item)
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
            raise self._not_the_api(attempt, f"unexpected values in {fields}") from error

    @staticmethod
    def _not_the_api(attempt: str, what: str) -> UnexpectedAnswerError:
        return UnexpectedAnswerError(
            f"cannot {attempt}: the answer is not the CKS API's: {redact(what)}; check "
            "COREWEAVE_API_ENDPOINT and the proxy",
            status=200,
        )

    @staticmethod
    def _no_answer(attempt: str, error: httpx.HTTPError) -> NoAnswerError:
        text = redact(str(error)) or type(error).__name__
        connecting = isinstance(
            error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
        )
        final = any(
            sign in text
            for sign in ("CERTIFICATE", "SSL", "Name or service not known", "getaddrinfo")
        )
        advice = (
            "check the address and the trusted certificates (SSL_CERT_FILE)"
            if final
            else "check the network and the proxy, then run the command again"
        )
        return NoAnswerError(
            f"cannot {attempt}: no answer came back ({type(error).__name__}: {text}); {advice}",
            processed=False if connecting else None,
            retry=not final and not isinstance(error, httpx.UnsupportedProtocol),
        )


def _path(cluster_id: str) -> str:
    return f"{CLUSTERS}/{quote(cluster_id, safe='')}"
