"""The functions of `kubernetes.kubeconfig` for programs: arguments may be outputs or secret.

Each function returns an output if an argument is an output or holds one, and otherwise a plain
value. A value that holds a client secret is always a secret output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi

from cks_components.api.errors import SettingsError
from cks_components.engine import argument_types
from cks_components.engine.arguments import ArgumentError, following, secret
from cks_components.kubernetes import kubeconfig

admin_credential = kubeconfig.admin_credential
build_kubeconfig = following(kubeconfig.build_kubeconfig)


@following
def managed_server(endpoint: str) -> str:
    """The URL that accepts CoreWeave tokens only, from a cluster's `apiServerEndpoint`.

    Raises:
        ArgumentError: the endpoint is not a text.
    """
    argument_types.require(argument_types.text("endpoint", endpoint))
    return kubeconfig.managed_server(endpoint)


@following
def unmanaged_server(endpoint: str) -> str:
    """The URL that accepts OIDC and service-account tokens, from `apiServerEndpoint`.

    Raises:
        ArgumentError: the endpoint is not a text.
    """
    argument_types.require(argument_types.text("endpoint", endpoint))
    return kubeconfig.unmanaged_server(endpoint)


class Naming(kubeconfig.Naming):
    """The names in kubeconfigs, as `kubeconfig.Naming`, with errors for programs.

    Raises:
        ArgumentError: the pattern has an unknown placeholder.
    """

    def __post_init__(self) -> None:
        """Refuse a pattern that cannot be filled in."""
        argument_types.require(argument_types.text("context", self.context))
        try:
            super().__post_init__()
        except SettingsError as error:
            raise ArgumentError(error.findings) from None


_credential = following(kubeconfig.person_credential)


@dataclass(frozen=True, kw_only=True)
class Login:
    """How people log in: issuer and client of kubelogin, and scopes in addition to `openid`.

    Attributes:
        client_secret: secret by itself, plain text included.
        ca: base64 of the PEM text of the issuer's CA; None is the system's roots.
    """

    issuer_url: pulumi.Input[str]
    client_id: pulumi.Input[str]
    client_secret: pulumi.Input[str] | None = field(default=None, repr=False)
    extra_scopes: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    ca: pulumi.Input[str] | None = None


def person_credential(login: Login) -> pulumi.Input[dict[str, Any]]:
    """The user entry of a person: kubelogin, with PKCE unless a client secret is configured."""
    made: pulumi.Input[dict[str, Any]] = _credential(
        replace(login, client_secret=secret(login.client_secret))
    )
    return made
