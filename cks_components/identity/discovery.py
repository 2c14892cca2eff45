"""Reads what an issuer publishes, from this machine, within a few seconds.

It judges nothing, and it returns network errors instead of raising them: a closed network is no
reason to fail.
"""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from typing import Any

from cks_components.api.errors import redact
from cks_components.api.http_library import httpx
from cks_components.api.server_time import seconds_ahead
from cks_components.identity.discovery_document import DOCUMENT_PATH, Published
from cks_components.identity.trusted_roots import roots

DEADLINE_SECONDS = 5.0


class _UnreadableError(Exception):
    """A document could not be read; the text says why."""


def fetch(
    issuer_url: str,
    *,
    ca: str | None = None,
    deadline_seconds: float = DEADLINE_SECONDS,
    transport: httpx.BaseTransport | None = None,
) -> Published:
    """Read the discovery document and the keys of an issuer; never raises.

    Args:
        issuer_url: the issuer, as the stack file has it.
        ca: PEM text or base64 of it, in place of the system's roots.
        deadline_seconds: the time limit for everything, including the DNS lookup.
        transport: replaces the network in tests; without it, the system's proxies are used.
    """
    answers: queue.SimpleQueue[Published] = queue.SimpleQueue()

    def read() -> None:
        answers.put(_published(issuer_url, ca, deadline_seconds, transport))

    # A thread, because a DNS lookup cannot be limited in another way.
    Thread(target=read, daemon=True).start()
    try:
        return answers.get(timeout=deadline_seconds)
    except queue.Empty:
        return Published(problem=f"no answer within {deadline_seconds:g} seconds")


def _published(
    issuer_url: str, ca: str | None, timeout_seconds: float, transport: httpx.BaseTransport | None
) -> Published:
    try:
        with httpx.Client(
            verify=roots(ca),
            timeout=timeout_seconds,
            follow_redirects=True,  # as kube-apiserver does; nothing secret is sent
            transport=transport,
        ) as client:
            return _read(client, issuer_url)
    except (ImportError, ValueError) as error:  # an unsupported kind of proxy
        return Published(problem=redact(str(error)))


def _read(client: httpx.Client, issuer_url: str) -> Published:
    try:
        document, ahead = _document(client, issuer_url.removesuffix("/") + DOCUMENT_PATH)
    except _UnreadableError as error:
        return Published(problem=str(error))
    published = replace(Published.from_document(document), ahead_seconds=ahead)
    if not published.jwks_uri.startswith("https://"):
        return published
    try:
        keys, _ = _document(client, published.jwks_uri)
    except _UnreadableError as error:
        return replace(published, keys_problem=str(error))
    return published.with_keys(keys)


def _document(client: httpx.Client, url: str) -> tuple[dict[str, Any], float | None]:
    """A document, and how far the server's clock is ahead of ours."""
    try:
        response = client.get(url, headers={"Accept": "application/json"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        message = f"{type(error).__name__}: {redact(str(error))}"
        raise _UnreadableError(message) from error
    if response.status_code != httpx.codes.OK:
        message = f"{redact(url)} answered {response.status_code}"
        raise _UnreadableError(message)
    try:
        parsed = json.loads(response.content)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        message = f"{redact(url)} did not answer with a JSON object"
        raise _UnreadableError(message)
    return parsed, seconds_ahead(response.headers, time.time())


Fetch = Callable[..., Published]
