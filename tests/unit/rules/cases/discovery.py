"""What the rules of `cks_components.rules.discovery` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    ISSUER,
    Case,
    discovered,
)

CASES: list[Case] = [
    (
        "OIDC-16.1",
        discovered(),
        discovered(problem="ConnectError: refused", issuer="", jwks_uri="", algorithms=()),
        "issuerUrl",
        "the discovery document could not be read (ConnectError: refused); check issuerUrl, ca and "
        'the network, because the control plane has to read it too, or set "discovery: off"',
    ),
    (
        "OIDC-16.2",
        discovered(),
        discovered(issuer=f"{ISSUER}/"),
        "issuerUrl",
        f'the discovery document says "{ISSUER}/", but the stack file says "{ISSUER}"; copy the '
        "one from the discovery document",
    ),
    (
        "OIDC-16.3",
        discovered(),
        discovered(jwks_uri="http://idp.example.com/keys"),
        "issuerUrl",
        'the discovery document names "http://idp.example.com/keys" as jwks_uri, which is not '
        "https; let the provider publish its keys over https",
    ),
    (
        "OIDC-16.4",
        discovered(),
        discovered(algorithms=("ES256", "HS256")),
        "issuerUrl",
        "the discovery document offers ES256, HS256; let the provider sign with RS256",
    ),
    (
        "OIDC-16.5",
        discovered(),
        discovered(pkce_methods=("plain",)),
        "issuerUrl",
        "the discovery document does not announce PKCE with S256, which the kubeconfigs use; check "
        "that the client accepts it, or set clientSecret",
    ),
]
