"""Asks a webhook for its certificate, from here, within a few seconds.

It says something only when the certificate is seen and does not fit; a server that is out of reach
from here may well be in reach of the cluster.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx

from cks_components.api.errors import redact
from cks_components.identity.trusted_roots import roots

DEADLINE_SECONDS = 5.0
_REFUSED = "CERTIFICATE_VERIFY_FAILED"


def certificate_problem(
    server: str,
    *,
    ca: str | None,
    deadline_seconds: float = DEADLINE_SECONDS,
    transport: httpx.BaseTransport | None = None,
) -> str:
    """Say why the certificate of a server is not trusted; empty where it is, or cannot be seen.

    Args:
        server: an https URL.
        ca: PEM text or base64 of it, in place of the system's roots.
        deadline_seconds: the limit for each step of the way.
        transport: stands for the network in tests; the system's proxies are honoured without it.
    """
    try:
        with httpx.Client(
            verify=roots(ca), timeout=deadline_seconds, transport=transport
        ) as client:
            client.head(server)
    except httpx.HTTPError as error:
        text = str(error)
        return redact(text.rpartition("failed: ")[2]) if _REFUSED in text else ""
    return ""


Meet = Callable[..., str]
"""A function such as `misfit`."""
