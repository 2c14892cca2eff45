"""The OIDC token of a GitHub Actions job, from the runner's own endpoint; valid for minutes."""

from __future__ import annotations

from contextlib import closing
from urllib.parse import urlencode

from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.api.errors import ApiError, ForbiddenError, Server, UnauthenticatedError
from cks_components.api.retry import retried

_ATTEMPT = "get the token of this GitHub Actions job"
_DEADLINE_SECONDS = 30.0  # kubectl waits for it


def job_token(access: ApiAccess, audience: str, *, clock: Clock | None = None) -> str:
    """Ask GitHub for the token of the running job.

    Args:
        access: as `environment.job_access` reads it; the endpoint has a query already.
        audience: the client id that the cluster, or the broker before it, expects.
        clock: replaced by tests.

    Raises:
        CksError: GitHub returned no token.
    """
    from cks_components.api.http import (
        HttpClient,  # and httpx; most kubeconfigs ask for no job's token
    )

    clock = clock or Clock()
    joint = "&" if "?" in access.endpoint else "?"
    url = f"{access.endpoint}{joint}{urlencode({'audience': audience})}"
    exchange = HttpClient(access, server=_SERVER, clock=clock)

    def once(left: float) -> str:
        seconds = min(access.timeout_seconds, left)
        value = exchange.send(_ATTEMPT, "GET", url, seconds=seconds).get("value")
        if not isinstance(value, str) or not value:
            raise exchange.not_the_servers(_ATTEMPT, "it contains no value")
        return value

    with closing(exchange):
        return retried(
            once,
            clock=clock,
            trying=exchange.trying(_ATTEMPT),
            deadline_seconds=_DEADLINE_SECONDS,
        )


def _advice(kind: type[ApiError], _writing: bool) -> str:
    if kind in (UnauthenticatedError, ForbiddenError):
        return 'give the job "permissions: id-token: write"; the permission ends with the job'
    return "run the job again; if it fails again, look at GitHub's status"


_SERVER = Server("GitHub's token endpoint", "run on GitHub's own runner software", _advice)
