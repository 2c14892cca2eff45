"""Kubeconfigs as plain data: for people (kubelogin), operators (managed endpoint) and pipelines.

Only those for pipelines hold a token; one for people holds a client secret where one is configured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

EXEC_API_VERSION = "client.authentication.k8s.io/v1"
_UNMANAGED = "api."
_INSTALL_HINT = (
    "Install int128/kubelogin 1.36.2 or newer as kubectl-oidc_login: "
    "https://github.com/int128/kubelogin#setup"
)
_PRINT_CREDENTIAL = (
    'printf \'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",'
    '"status":{"token":"%s"}}\' '
    '"${COREWEAVE_API_TOKEN:?set COREWEAVE_API_TOKEN to a CoreWeave API access token}"'
)


@dataclass(frozen=True, kw_only=True)
class Login:
    """How people log in: the issuer and client of kubelogin, and the scopes beside `openid`.

    Attributes:
        ca: base64 of the PEM text of the issuer's authority; None is the system's roots.
    """

    issuer_url: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    extra_scopes: Sequence[str] = ()
    ca: str | None = None


def managed_server(endpoint: str) -> str:
    """The URL that accepts CoreWeave tokens only, from a cluster's `apiServerEndpoint`."""
    return f"https://{_host(endpoint).removeprefix(_UNMANAGED)}"


def unmanaged_server(endpoint: str) -> str:
    """The URL that accepts OIDC and service-account tokens, from `apiServerEndpoint`."""
    return f"https://{_UNMANAGED}{_host(endpoint).removeprefix(_UNMANAGED)}"


def build_kubeconfig(
    name: str, *, server: str, user: str, credential: dict[str, Any], namespace: str | None = None
) -> str:
    """Make the YAML text of a kubeconfig with one cluster, one user and one context.

    Args:
        name: of the cluster and the context.
        server: the API server's URL.
        user: the user's name in the file.
        credential: the user's entry, such as `person_credential` or `admin_credential` return.
        namespace: where commands go that name none.
    """
    context = {"cluster": name, "user": user} | ({"namespace": namespace} if namespace else {})
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": user, "user": credential}],
        "contexts": [{"name": name, "context": context}],
        "current-context": name,
    }
    return yaml.safe_dump(config, sort_keys=False, width=1000)


def person_credential(login: Login) -> dict[str, Any]:
    """The user entry of a person: kubelogin, with PKCE unless a client secret is configured."""
    proof = (
        f"--oidc-client-secret={login.client_secret}"
        if login.client_secret
        else "--oidc-pkce-method=S256"  # "auto" uses PKCE only if discovery announces it
    )
    return _exec(
        "kubectl-oidc_login",
        [
            "get-token",
            f"--oidc-issuer-url={login.issuer_url}",
            f"--oidc-client-id={login.client_id}",
            proof,
            *(f"--oidc-extra-scope={scope}" for scope in login.extra_scopes),
            *([f"--certificate-authority-data={login.ca}"] if login.ca else []),
        ],
        provideClusterInfo=False,
        installHint=_INSTALL_HINT,
    )


def admin_credential() -> dict[str, Any]:
    """The user entry of an operator: the token is read from COREWEAVE_API_TOKEN at each use."""
    return _exec("sh", ["-c", _PRINT_CREDENTIAL])


def provider_kubeconfig(server: str) -> str:
    """What the Kubernetes provider of the program uses: an operator's, with names that never change.

    It lies in the state, and a provider whose kubeconfig differs is a change.
    """
    return build_kubeconfig("cluster", server=server, user="managed", credential=admin_credential())


def pipeline_kubeconfig(name: str, endpoint: str, *, account: str, place: str, token: str) -> str:
    """The kubeconfig of a pipeline, against the unmanaged endpoint; it holds the token.

    Args:
        name: of the cluster.
        endpoint: its `apiServerEndpoint`.
        account: the service account's name.
        place: the namespace of its work.
        token: of the service account.
    """
    return build_kubeconfig(
        name,
        server=unmanaged_server(endpoint),
        user=f"{name}-{account}",
        credential={"token": token},
        namespace=place,
    )


def _exec(command: str, args: list[str], **more: object) -> dict[str, Any]:
    return {
        "exec": {
            "apiVersion": EXEC_API_VERSION,
            "interactiveMode": "Never",
            "command": command,
            "args": args,
            **more,
        }
    }


def _host(endpoint: str) -> str:
    return endpoint.strip().removeprefix("https://").removeprefix("http://").rstrip("/")
