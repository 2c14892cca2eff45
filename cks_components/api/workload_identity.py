"""The OIDC token of a job, exchanged for a short-lived CoreWeave token of a service account.

Experimental: the vendor's provider does it so in its pull request 431 (August 2026), where the path
is marked as not final. The issuer has to be trusted by the organisation first
(`coreweave_workload_federation_oidc_config`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from cks_components.api import environment
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess, job_access
from cks_components.api.errors import (
    ApiError,
    ForbiddenError,
    Server,
    SettingsError,
    UnauthenticatedError,
)
from cks_components.api.github_token import job_token
from cks_components.api.retry import retried
from cks_components.api.token_source import (
    SERVICE_ACCOUNT,
    CachedSource,
    Issued,
    TokenFile,
    checked,
    is_token,
)

OIDC_TOKEN = "COREWEAVE_OIDC_TOKEN"  # noqa: S105 - the variable's name, not a token
OIDC_TOKEN_FILE = "COREWEAVE_OIDC_TOKEN_FILE"  # noqa: S105 - the variable's name, not a token
TERRAFORM_TOKEN = "TFC_WORKLOAD_IDENTITY_TOKEN"  # noqa: S105 - the variable's name, not a token
AUDIENCE = "COREWEAVE_OIDC_AUDIENCE"
DEFAULT_AUDIENCE = "https://coreweave.com/iam"
EXCHANGE_PATH = "COREWEAVE_TOKEN_EXCHANGE_PATH"
DEFAULT_EXCHANGE_PATH = (
    "/coreweave.directory.v1alpha.InternalDirectoryService/ServiceAccountOidcAuth"
)
_ATTEMPT = "exchange the job's OIDC token for a CoreWeave token"
_ASKED_SECONDS = 3600
_DEADLINE_SECONDS = 30.0


@dataclass(frozen=True)
class Exchange:
    """Where a job's token is exchanged, and for whom.

    Attributes:
        endpoint: of the CKS API.
        path: of the exchange below it.
        service_account: the UID of the service account that the job becomes.
        audience: of the token that GitHub is asked for.
    """

    endpoint: str
    path: str
    service_account: str
    audience: str


def exchange(values: Mapping[str, str], endpoint: str) -> Exchange:
    """Read the variables of workload identity."""
    return Exchange(
        endpoint=endpoint,
        path="/" + (values.get(EXCHANGE_PATH) or DEFAULT_EXCHANGE_PATH).lstrip("/"),
        service_account=values[SERVICE_ACCOUNT].strip(),
        audience=values.get(AUDIENCE) or DEFAULT_AUDIENCE,
    )


@cache
def exchanged_source(access: Exchange) -> CachedSource:
    """The source of a service account's tokens: one for each exchange in a process."""
    return CachedSource(lambda: issue(access))


def issue(access: Exchange, *, clock: Clock | None = None) -> Issued:
    """Exchange the present token of the job.

    Args:
        access: where, and for whom.
        clock: replaced by tests.

    Raises:
        CksError: the job has no token, or none came back for it. No message contains either.
    """
    from cks_components.api.http import HttpClient  # and httpx, which a fixed token does without

    clock = clock or Clock()
    ours = _job_token(environment.variables(), access.audience)
    client = HttpClient(
        ApiAccess(access.endpoint, ""),
        server=_SERVER,
        clock=clock,
        headers={"Connect-Protocol-Version": "1"},
        quotes_answers=False,  # it may hold the token, or what it says
    )
    body = {
        "oidcToken": ours,
        "serviceAccountUid": access.service_account,
        "durationSeconds": str(_ASKED_SECONDS),
    }

    def once(left: float) -> Issued:
        answer = client.send(_ATTEMPT, "POST", access.path, seconds=left, body=body)
        issued = _issued(answer)
        if issued is None:
            raise client.not_the_servers(_ATTEMPT, "it has no bearerToken with an expireTime")
        return issued

    with closing(client):
        return retried(
            once, clock=clock, trying=client.trying(_ATTEMPT), deadline_seconds=_DEADLINE_SECONDS
        )


def _job_token(values: Mapping[str, str], audience: str) -> str:
    """The OIDC token of the running job, from the first place that has one."""
    for name in (OIDC_TOKEN, TERRAFORM_TOKEN):
        if values.get(name):
            return checked(values[name], name)
    if values.get(OIDC_TOKEN_FILE):
        return TokenFile(Path(values[OIDC_TOKEN_FILE]), OIDC_TOKEN_FILE).token()
    if values.get(environment.JOB_URL):
        return job_token(job_access(values), audience)
    message = (
        f"cannot {_ATTEMPT}: {SERVICE_ACCOUNT} is set, but the job has no OIDC token; set "
        f"{OIDC_TOKEN} or {OIDC_TOKEN_FILE} (GitLab: id_tokens), or give a GitHub Actions job "
        '"permissions: id-token: write"'
    )
    raise SettingsError([message])


def _issued(answer: Mapping[str, Any]) -> Issued | None:
    """Read an answer in either spelling of the vendor's (camelCase or snake_case)."""
    token = answer.get("bearerToken", answer.get("bearer_token"))
    end = answer.get("expireTime", answer.get("expire_time"))
    try:
        expires = datetime.fromisoformat(str(end)).timestamp()
    except ValueError:
        return None
    return Issued(token, expires) if isinstance(token, str) and is_token(token) else None


def _advice(kind: type[ApiError], _writing: bool) -> str:
    if kind in (UnauthenticatedError, ForbiddenError):
        return (
            "the organisation has to trust the job's issuer and audience "
            f"(coreweave_workload_federation_oidc_config, {AUDIENCE}), and the service account in "
            f"{SERVICE_ACCOUNT} has to trust the token's claims"
        )
    return "run the command again; if it fails again, ask CoreWeave's support"


_SERVER = Server(
    "CoreWeave's token exchange",
    f"check {EXCHANGE_PATH}: the vendor's path is not final",
    _advice,
)
