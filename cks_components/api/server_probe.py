"""Whether a server answers at all: one request without a token, within a few seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cks_components.api.environment import ApiAccess
from cks_components.api.errors import SettingsError, certificate_problem, redact
from cks_components.api.http_library import httpx
from cks_components.api.server_time import seconds_ahead
from cks_components.api.transport import route

DEADLINE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What came of the request.

    Attributes:
        problem: why no answer came; empty if one came.
        is_untrusted: whether none came because the server's certificate is not trusted.
        status: of the answer; 0 without one.
        content: the JSON object of the answer; empty if it is something else.
        ahead_seconds: how far the server's clock is ahead of ours; None if it is not known.
    """

    problem: str = ""
    is_untrusted: bool = False
    status: int = 0
    content: Mapping[str, Any] = field(default_factory=dict)
    ahead_seconds: float | None = None


def probe(access: ApiAccess, path: str, *, deadline_seconds: float = DEADLINE_SECONDS) -> Probe:
    """Send a GET without credentials; never raises.

    Args:
        access: the server and the route to it; its token is not sent.
        path: below the server's URL.
        deadline_seconds: the time limit for each step of the connection.
    """
    try:
        with httpx.Client(
            base_url=access.endpoint, timeout=deadline_seconds, **route(access).options
        ) as client:
            answer = client.get(path, headers={"Accept": "application/json"})
    except (httpx.HTTPError, httpx.InvalidURL, SettingsError) as error:
        if untrusted := certificate_problem(error):
            return Probe(problem=untrusted, is_untrusted=True)
        return Probe(problem=f"{type(error).__name__}: {redact(str(error))}")
    return Probe(
        status=answer.status_code,
        content=_object(answer.content),
        ahead_seconds=seconds_ahead(answer.headers, time.time()),
    )


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(content)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
