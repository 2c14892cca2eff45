"""One API server, seen through the few requests that managing objects takes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx

from lab.kubernetes_plugin import tls
from lab.kubernetes_plugin.credentials import Credential, ExecCredential
from lab.kubernetes_plugin.errors import ApiError, PluginError, UnreachableError
from lab.kubernetes_plugin.kinds import Kind
from lab.kubernetes_plugin.kubeconfig import Access

Object = dict[str, Any]
_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_BUSY_TRIES = 10
_LONGEST_DELAY_SECONDS = 10.0
_DELETION_SECONDS = 600.0
_APPLY = "application/apply-patch+yaml"
_JSON_PATCH = "application/json-patch+json"


class Cluster:
    """The objects of one cluster.

    Requests honour HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE, unless the kubeconfig has a proxy or
    roots of its own. An answer 429 or 503 that names a delay is waited for.

    Args:
        access: where and as whom.
        transport: replaces the network, for tests.
        sleep: waits; replaced in tests.
    """

    def __init__(
        self,
        access: Access,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._access = access
        self._transport = transport
        self.sleep = sleep
        self._exec = ExecCredential(access) if access.exec else None
        self._clients: dict[tuple[str | None, str | None], httpx.Client] = {}
        self._lock = threading.Lock()

    def reach(self) -> None:
        """Ask for the API's groups, as the official plugin does before anything else.

        Raises:
            UnreachableError: no answer, or a refusal of the credential.
        """
        try:
            self._ask("GET", "/api")
        except PluginError as error:
            message = f"unable to load schema information from the API server: {error}"
            raise UnreachableError(message) from error

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """The live object.

        Raises:
            ApiError: `is_not_found` where it is gone.
        """
        return self._ask("GET", kind.path(namespace, name))

    def create(
        self, kind: Kind, namespace: str, body: Object, manager: str, *, dry: bool
    ) -> Object:
        """Make an object that must not exist yet.

        Raises:
            ApiError: with reason `AlreadyExists` where it does.
        """
        query = {"fieldManager": manager, "fieldValidation": "Warn", **_dry(dry)}
        return self._ask("POST", kind.path(namespace), query, body, "application/json")

    def apply(
        self, kind: Kind, namespace: str, body: Object, manager: str, *, dry: bool, force: bool
    ) -> Object:
        """Apply on the server: make the object, or own and set exactly these fields of it.

        Raises:
            ApiError: with reason `Conflict` where another manager owns a field and `force` is off.
        """
        query = {"fieldManager": manager, "force": str(force).lower(), **_dry(dry)}
        path = kind.path(namespace, body["metadata"]["name"])
        # JSON is YAML, and has no types that depend on the reader.
        return self._ask("PATCH", path, query, body, _APPLY)

    def set_managed_fields(self, kind: Kind, live: Object, entries: list[Object]) -> None:
        """Replace who manages what, unless the object changed since it was read.

        Raises:
            ApiError: it changed.
        """
        metadata = live["metadata"]
        changes = [
            {
                "op": "test",
                "path": "/metadata/resourceVersion",
                "value": metadata["resourceVersion"],
            },
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        ]
        path = kind.path(metadata.get("namespace", ""), metadata["name"])
        self._ask("PATCH", path, {}, changes, _JSON_PATCH)

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        """Delete an object and wait until it is gone; one that is gone already is a success.

        Raises:
            ApiError: it may not be deleted.
            PluginError: it is still there after ten minutes.
        """
        path = kind.path(namespace, name)
        waited, delay = 0.0, 0.05
        try:
            # Background: objects of these kinds own none, and a foreground deletion would wait for
            # the garbage collector.
            body = {"propagationPolicy": "Background"}
            uid = _uid(self._ask("DELETE", path, {}, body, "application/json"))
            while waited < _DELETION_SECONDS:
                live = _uid(self._ask("GET", path))
                if uid and live != uid:
                    return  # Somebody made a new object of the same name.
                uid = live
                self.sleep(delay)
                waited, delay = waited + delay, min(delay * 2, 1.0)
        except ApiError as error:
            if not error.is_not_found:
                raise
            return
        message = f"timed out waiting for deletion of {kind.name} {name!r}"
        raise PluginError(message)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()

    def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: Any = None,
        content_type: str = "",
    ) -> Object:
        answer = self._send(method, path, query, body, content_type)
        if answer.status_code == HTTPStatus.UNAUTHORIZED and self._exec:
            self._exec.forget()
            answer = self._send(method, path, query, body, content_type)
        for _ in range(_BUSY_TRIES):
            delay = answer.headers.get("Retry-After", "")
            if answer.status_code not in _BUSY or not delay.isdigit():
                break
            self.sleep(min(float(delay), _LONGEST_DELAY_SECONDS))
            answer = self._send(method, path, query, body, content_type)
        return _object(answer)

    def _send(
        self, method: str, path: str, query: dict[str, str] | None, body: Any, content_type: str
    ) -> httpx.Response:
        url = f"{self._access.server}{path}"
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type} if content_type else {}
        try:
            credential = self._credential()
            if credential.token:
                headers["Authorization"] = f"Bearer {credential.token}"
            client = self._client(credential)
            return client.request(method, url, params=query, content=content, headers=headers)
        except httpx.TimeoutException as error:
            message = f'{method.capitalize()} "{url}": no answer in time ({type(error).__name__})'
            raise UnreachableError(message) from error
        except httpx.HTTPError as error:
            message = f'{method.capitalize()} "{url}": {error}'
            raise UnreachableError(message) from error
        except PluginError as error:
            message = f'{method.capitalize()} "{url}": {error}'
            raise UnreachableError(message) from error

    def _credential(self) -> Credential:
        if self._exec:
            return self._exec.get()
        return Credential(self._access.token, self._access.certificate, self._access.key)

    def _client(self, credential: Credential) -> httpx.Client:
        identity = (credential.certificate, credential.key)
        with self._lock:
            if identity not in self._clients:
                self._clients[identity] = httpx.Client(
                    verify=tls.context(
                        self._access.ca, *identity, server_name=self._access.tls_server_name
                    ),
                    proxy=self._access.proxy,
                    transport=self._transport,
                    timeout=_TIMEOUT,
                )
            return self._clients[identity]


def _dry(dry: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry else {}


def _uid(found: Object) -> str:
    """An object's uid; a deletion may also answer a Status, whose details have it."""
    source = found.get("details") if found.get("kind") == "Status" else found.get("metadata")
    return str((source or {}).get("uid", ""))


def _object(answer: httpx.Response) -> Object:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if answer.is_success and isinstance(found, dict):
        return found
    status = found if isinstance(found, dict) and found.get("kind") == "Status" else {}
    message = status.get("message") or f"the server answered {answer.status_code} without a reason"
    raise ApiError(answer.status_code, status.get("reason") or "", message)
