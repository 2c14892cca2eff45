"""Single requests to one server with one bearer token, each with one answer or one `CksError`."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any

from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess, shown, trusted_certificates
from cks_components.api.errors import (
    NoAnswerError,
    Server,
    SettingsError,
    UnexpectedAnswerError,
    error_from_response,
    redact,
)
from cks_components.api.http_library import httpx
from cks_components.api.transport import Route, route

_CONNECT_SECONDS = 5.0
"""Limit for connecting, which succeeds quickly or not at all; the request itself has more time."""
_OF_THE_TRANSFER = ("content-encoding", "content-length", "transfer-encoding")
_NOT_QUOTED = "(not shown, since it may repeat a token)"
_FINAL_SIGNS = ("CERTIFICATE", "SSL", "Name or service not known", "getaddrinfo")


class _Bearer(httpx.Auth):
    """Sends the token that is valid now, and once more with a new one if it is refused (401).

    A request that is refused so was not processed, so a write is not sent twice either.
    """

    def __init__(self, access: ApiAccess, sent: set[str]) -> None:
        self._access = access
        self._sent = sent

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._access.present_token()
        response = yield self._with(token, request)
        if response.status_code == 401 and self._access.source:
            other = self._access.present_token(refused=token)
            if other != token:
                yield self._with(other, request)

    def _with(self, token: str, request: httpx.Request) -> httpx.Request:
        if token:
            self._sent.add(token)
            request.headers["Authorization"] = f"Bearer {token}"
        return request


class HttpClient:
    """A client of one server; safe to use from several threads.

    It sends no request twice, unless the first was refused because the token had ended.

    Certificates are verified with the system's roots or SSL_CERT_FILE, proxies are used, redirects
    are not followed, and no message contains the token.

    Args:
        access: the base URL of every path, and the bearer token.
        server: how messages name the server.
        clock: measures how long an answer takes.
        transport: stands for the network in tests.
        headers: more of them, for every request.
        quotes_answers: whether messages may quote an answer, which may repeat what was sent.
    """

    def __init__(
        self,
        access: ApiAccess,
        *,
        server: Server,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
        headers: Mapping[str, str] | None = None,
        quotes_answers: bool = True,
    ) -> None:
        self._sent_tokens: set[str] = set()
        self._quotes_answers = quotes_answers
        if transport is None:
            self._route = route(access)
            options = self._route.options
        else:  # it has its own route and certificates
            self._route = Route(f"{shown(access.endpoint)} ({access.origin})")
            options = {"transport": transport}
        try:
            self._http = httpx.Client(
                base_url=access.endpoint,
                auth=_Bearer(access, self._sent_tokens),
                headers={"Accept": "application/json", **(headers or {})},
                follow_redirects=False,  # the token is sent to no other address
                **options,
            )
        except httpx.InvalidURL as error:
            message = f"{access.endpoint!r} ({access.origin}) is not the URL of a server; check it"
            raise SettingsError([message]) from error
        self._server = server
        self._clock = clock

    def send(
        self,
        attempt: str,
        method: str,
        path: str,
        *,
        seconds: float,
        body: Mapping[str, Any] | None = None,
        accept: str = "",
        content_type: str = "",
    ) -> dict[str, Any]:
        """Send one request, once, and return the JSON object that came back.

        Args:
            attempt: what is attempted, as the beginning of a sentence ("read cluster …").
            method: of HTTP.
            path: below the server's URL.
            seconds: for the whole answer.
            body: of a write; None for a request that only reads.
            accept: the form of JSON to ask for, if it matters.
            content_type: the form of the body, if it is not plain JSON.

        Raises:
            CksError: no such answer came back.
        """
        try:
            given = {"Accept": accept, "Content-Type": content_type}
            headers = {name: value for name, value in given.items() if value}
            response = self._answer(method, path, body, seconds, headers)
        except httpx.HTTPError as error:
            raise self._no_answer(attempt, error) from error
        text = self._without_token(response.text) if self._quotes_answers else _NOT_QUOTED
        if response.status_code >= 300:
            raise error_from_response(
                attempt,
                status=response.status_code,
                headers={k.lower(): self._without_token(v) for k, v in response.headers.items()},
                text=text,
                writing=body is not None,
                server=self._server,
            )
        try:
            parsed = json.loads(response.content)
        except ValueError as error:
            raise self.not_the_servers(attempt, f"it is not JSON: {text!r}") from error
        if not isinstance(parsed, dict):
            raise self.not_the_servers(attempt, "it is not a JSON object")
        return parsed

    def trying(self, attempt: str) -> str:
        """What is attempted and where, for progress messages."""
        return f"{attempt}: {self._route}"

    def close(self) -> None:
        """Close the connections; nothing can be sent afterwards."""
        self._http.close()

    def not_the_servers(self, attempt: str, what: str) -> UnexpectedAnswerError:
        """The error of a 200 whose body is not what this server answers with."""
        return UnexpectedAnswerError(
            f"cannot {attempt}: the answer is not a valid answer of {self._server.name}: {redact(what)}; "
            f"{self._server.check}",
            status=200,
            garbled=True,
        )

    def _answer(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        seconds: float,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        """Send one request; `seconds` limits the whole answer, even one that arrives slowly."""
        end = self._clock.now() + seconds
        timeout = httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))
        with self._http.stream(
            method, path, json=body, timeout=timeout, headers=headers
        ) as response:
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if self._clock.now() > end:
                    message = f"the answer was not complete after {seconds:.0f} s"
                    raise httpx.ReadTimeout(message, request=response.request)
        return httpx.Response(
            response.status_code,
            headers=[(k, v) for k, v in response.headers.items() if k not in _OF_THE_TRANSFER],
            content=bytes(content),
        )

    def _without_token(self, text: str) -> str:
        """Remove the token from an answer, which may echo the request."""
        for secret in sorted(self._sent_tokens, key=len, reverse=True):
            text = text.replace(secret, "[redacted]")
        return text

    def _no_answer(self, attempt: str, error: httpx.HTTPError) -> NoAnswerError:
        text = redact(str(error)) or type(error).__name__
        connecting = isinstance(
            error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
        )
        final = any(sign in text for sign in _FINAL_SIGNS)
        advice = (
            f"check the address and {trusted_certificates()} of {self._route}"
            if final
            else f"check the network and the way to {self._route}, then run the command again"
        )
        return NoAnswerError(
            f"cannot {attempt}: no answer came back ({type(error).__name__}: {text}); {advice}",
            processed=False if connecting else None,
            retry=not final and not isinstance(error, httpx.UnsupportedProtocol),
        )
