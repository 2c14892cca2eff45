"""`cks-access credential`: exec plugins for kubectl, which print an ExecCredential and no more."""

from __future__ import annotations

import json
from datetime import datetime

import click

from cks_components.api.api_access import from_environment
from cks_components.api.environment import exec_info, job_access
from cks_components.api.errors import SettingsError
from cks_components.api.github_token import job_token
from cks_components.api.token_source import expiry
from cks_components.cli.exit_code import FINE
from cks_components.kubernetes.kubeconfig import EXEC_API_VERSION

_GROUP = "client.authentication.k8s.io/"


@click.group(
    help="kubectl runs it for a user of a kubeconfig that names it below `exec:`.",
    epilog="Example: cks-access credential github --audience cks-production",
)
def verb() -> None:
    """Choose whose credential is printed."""


@verb.command(
    help="Print the OIDC token of the running GitHub Actions job.",
    epilog="Example: cks-access credential github --audience cks-production",
)
@click.option(
    "--audience",
    required=True,
    help="The client id that the cluster, or its broker, trusts.",
)
def github(*, audience: str) -> int:
    """Print the credential of the running GitHub Actions job.

    Raises:
        CksError: this is not a GitHub Actions job, the job lacks the permission, or GitHub
            returned no token.
    """
    version = _api_version(exec_info())
    token = job_token(job_access(), audience)
    print(exec_credential(token, version, expires_at=expiry(token)))
    return FINE


@verb.command(
    help="Print the CoreWeave token of the environment, which a cluster's managed endpoint takes: the "
    "one in COREWEAVE_API_TOKEN, or that of COREWEAVE_API_TOKEN_FILE, COREWEAVE_TOKEN_COMMAND or "
    "COREWEAVE_SERVICE_ACCOUNT_UID, whichever is set first.",
    epilog="Example: cks-access credential coreweave",
)
def coreweave() -> int:
    """Print the credential of an operator.

    Raises:
        CksError: the environment has no token, or its source gave none.
    """
    version = _api_version(exec_info())
    print(exec_credential(from_environment().present_token(), version))
    return FINE


def exec_credential(token: str, api_version: str, *, expires_at: datetime | None = None) -> str:
    """Make the answer of an exec plugin; kubectl keeps a token without an end until it is refused."""
    status = {"token": token}
    if expires_at is not None:
        status["expirationTimestamp"] = expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"apiVersion": api_version, "kind": "ExecCredential", "status": status})


def _api_version(info: str) -> str:
    """The API version of kubectl's request; kubectl accepts no other in the answer."""
    if not info:
        return EXEC_API_VERSION
    try:
        version = json.loads(info)["apiVersion"]
    except (KeyError, TypeError, ValueError):
        version = None
    if not isinstance(version, str) or not version.startswith(_GROUP):
        message = (
            "cannot print a credential: KUBERNETES_EXEC_INFO has no apiVersion that begins with "
            f"{_GROUP}; kubectl sets this variable, so unset it if you run the command yourself"
        )
        raise SettingsError([message])
    return version
