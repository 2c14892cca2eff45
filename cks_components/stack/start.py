"""Starts a deployment while the engine starts the process of the stack's provider.

That process and the import of everything that a deployment needs take about as long as each other,
and neither needs the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pulumi.runtime import sync_await

from cks_components.stack import own_provider

if TYPE_CHECKING:
    from cks_components.identity.discovery import Fetch
    from cks_components.identity.webhook_certificate import CertificateCheck

_DEPLOYMENT = "cks_components.stack.deployment"


def deploy(
    config: Mapping[str, Any],
    fetch: Fetch | None = None,
    check_certificate: CertificateCheck | None = None,
    now: datetime | None = None,
) -> None:
    """Declare everything in the stack file, and export the outputs: `deployment.deploy`.

    A provider that the state has is declared first. Another one waits until the stack file has been
    judged, because of a refused one nothing is declared.
    """
    if own_provider.is_recorded():
        own_provider.declared()
        _import_while_requests_are_sent()
    from cks_components.stack import deployment

    deployment.deploy(config, fetch, check_certificate, now)


def _import_while_requests_are_sent() -> None:
    """Import the deployment in a thread; the SDK sends what is declared only while somebody waits.

    The SDK waits so for its own calls, but offers that to nobody: without it, the import comes first.
    """
    wait = getattr(sync_await, "_sync_await", None)
    if wait is not None:
        wait(asyncio.to_thread(import_module, _DEPLOYMENT))
