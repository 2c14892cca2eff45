"""Checks the certificate of a webhook, from this machine, within a few seconds.

It reports a problem only if it received a certificate that is not trusted: a server that cannot be
reached from here may still be reachable from the cluster.
"""

from __future__ import annotations

from collections.abc import Callable

from cks_components.api import errors
from cks_components.api.http_library import httpx
from cks_components.identity.trusted_roots import roots

DEADLINE_SECONDS = 5.0


def certificate_problem(
    server: str,
    *,
    ca: str | None,
    deadline_seconds: float = DEADLINE_SECONDS,
    transport: httpx.BaseTransport | None = None,
) -> str:
    """Say why the certificate of a server is not trusted; empty if it is, or was not received.

    Args:
        server: an https URL.
        ca: PEM text or base64 of it, in place of the system's roots.
        deadline_seconds: the time limit for each step of the connection.
        transport: replaces the network in tests; without it, the system's proxies are used.
    """
    try:
        with httpx.Client(
            verify=roots(ca), timeout=deadline_seconds, transport=transport
        ) as client:
            client.head(server)
    except httpx.HTTPError as error:
        return errors.certificate_problem(error)
    return ""


CertificateCheck = Callable[..., str]
"""A function such as `certificate_problem`."""
