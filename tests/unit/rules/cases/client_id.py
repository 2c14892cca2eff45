"""What the rules of `cks_components.rules.client_id` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    ENTRA,
    GOOGLE,
    GUID,
    OTHER_GUID,
    Case,
    block,
)

CASES: list[Case] = [
    (
        "OIDC-05.1",
        block(),
        block(clientId=""),
        "clientId",
        "is missing; the API accepts a block without it, but kube-apiserver does not: write both "
        "the issuer and the client id",
    ),
    (
        "OIDC-05.2",
        block(clientId="kubernetes"),
        block(clientId="kubernetes,other"),
        "clientId",
        '"kubernetes,other" is read as one client id, because a cluster accepts one audience; write '
        "one client id",
    ),
    (
        "OIDC-25.1",
        block(**ENTRA),
        block(**ENTRA | {"clientId": f"spn:{OTHER_GUID.upper()}"}),
        "clientId",
        f'"spn:{OTHER_GUID.upper()}" is not what ID tokens of Entra have as their audience, which '
        f'is the application (client) id, a GUID in lower case; write "{OTHER_GUID}"',
    ),
    (
        "OIDC-25.2",
        block(**GOOGLE, clientId="123-a.apps.googleusercontent.com"),
        block(**GOOGLE, clientId="my-project"),
        "clientId",
        '"my-project" is not what ID tokens of Google have as their audience, which is '
        "123456789012-….apps.googleusercontent.com; write that id",
    ),
    (
        "OIDC-25.3",
        block(**ENTRA),
        block(**ENTRA | {"clientId": GUID}),
        "clientId",
        f'"{GUID}" is the id of the tenant in issuerUrl; write the application (client) id of the '
        "registration",
    ),
]
