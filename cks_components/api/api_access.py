"""How the environment says to reach the CKS API: where, with which token, how often."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from cks_components.api.environment import (
    DEFAULT_ENDPOINT,
    DEFAULT_REQUESTS_PER_SECOND,
    DEFAULT_TIMEOUT_SECONDS,
    ENDPOINT,
    REQUESTS_PER_SECOND,
    TIMEOUT,
    TOKEN,
    ApiAccess,
    duration_seconds,
    may_carry_a_token,
    variables,
)
from cks_components.api.errors import SettingsError
from cks_components.api.token_source import (
    OTHER_SOURCES,
    TOKEN_COMMAND,
    TOKEN_FILE,
    TokenFile,
    TokenSource,
    problem,
)

_OTHER_TOKENS = (
    "CW_TOKEN",
    "CW_TOKEN_PROD",
    "CW_CKS_TOKEN",
    "CW_API_TOKEN",
    "CW_API_ACCESS_TOKEN",
    "TOKEN",
)


def from_environment(environment: Mapping[str, str] | None = None) -> ApiAccess:
    """Read the variables of the CKS API.

    Raises:
        SettingsError: with every finding; none contains the token.
    """
    values = variables() if environment is None else environment
    findings = []
    token = values.get(TOKEN, "").strip()
    if not token and not any(values.get(name) for name in OTHER_SOURCES):
        findings.append(_no_token(values))
    elif token and problem(token):
        findings.append(f"{TOKEN} {problem(token)}")
    given = values.get(ENDPOINT, "").strip().rstrip("/")
    endpoint = given or DEFAULT_ENDPOINT
    origin = ENDPOINT if given else f"the default, since {ENDPOINT} is not set"
    if not may_carry_a_token(endpoint):
        findings.append(
            f"{ENDPOINT} must be an https URL with a host and no user (plain http is accepted for "
            f"loopback addresses only); unset it for {DEFAULT_ENDPOINT}"
        )
    limit = values.get(TIMEOUT)
    timeout = duration_seconds(limit) if limit else DEFAULT_TIMEOUT_SECONDS
    if timeout is None or timeout <= 0:
        findings.append(f'{TIMEOUT} must be a duration such as "30s" or a number of seconds')
    rate = _rate(values.get(REQUESTS_PER_SECOND, ""))
    if rate is None:
        findings.append(
            f'{REQUESTS_PER_SECOND} must be a number above 0, such as "5"; unset it for '
            f"{DEFAULT_REQUESTS_PER_SECOND:.0f}"
        )
    if findings or timeout is None or rate is None:
        raise SettingsError(findings)
    return ApiAccess(
        endpoint=endpoint,
        token=token,
        timeout_seconds=timeout,
        requests_per_second=rate,
        origin=origin,
        source=None if token else _token_source(values, endpoint),
    )


def _token_source(values: Mapping[str, str], endpoint: str) -> TokenSource:
    """The source that the environment names, which holds no token itself."""
    if values.get(TOKEN_FILE):
        return TokenFile(Path(values[TOKEN_FILE]), TOKEN_FILE)
    if values.get(TOKEN_COMMAND):
        from cks_components.api.token_command import command_source  # starts programs

        return command_source(values[TOKEN_COMMAND])
    from cks_components.api.workload_identity import exchange, exchanged_source

    return exchanged_source(exchange(values, endpoint))


def _no_token(values: Mapping[str, str]) -> str:
    found = [name for name in _OTHER_TOKENS if values.get(name)]
    hint = f" ({found[0]} is set, but is not used)" if found else ""
    return f"{TOKEN} is not set{hint}; export a CoreWeave API access token under that name"


def _rate(text: str) -> float | None:
    """Requests per second; None if the text is not a number above 0."""
    if not text.strip():
        return DEFAULT_REQUESTS_PER_SECOND
    try:
        rate = float(text)
    except ValueError:
        return None
    return rate if 0 < rate < math.inf else None
