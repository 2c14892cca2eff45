"""What the rules of `cks_components.rules.issuer` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    ENTRA,
    ID,
    Case,
    block,
)

CASES: list[Case] = [
    (
        "OIDC-01.1",
        block(),
        block(issuerUrl="http://idp.example.com"),
        "issuerUrl",
        '"http://idp.example.com" is not https, so kube-apiserver refuses it; write the value of '
        '"issuer" from the provider\'s discovery document',
    ),
    (
        "OIDC-02.1",
        block(issuerUrl="https://t.eu.auth0.com/"),
        block(issuerUrl="https://t.eu.auth0.com"),
        "issuerUrl",
        'Auth0 issuers end in "/"; without it every login fails with 401 and no reason; write '
        "https://t.eu.auth0.com/",
    ),
    (
        "OIDC-02.2",
        block(issuerUrl="https://idp.example.com:8443/realms/Eng"),
        block(issuerUrl="https://IdP.example.com:443/realms/Eng"),
        "issuerUrl",
        'has "IdP.example.com:443", but it is compared byte for byte with the token\'s "iss", where '
        'providers write "idp.example.com"; copy "issuer" from the discovery document',
    ),
    (
        "OIDC-03.1",
        block(**ENTRA),
        block(issuerUrl="https://login.microsoftonline.com/common/v2.0"),
        "issuerUrl",
        '"common" never appears in a token; use the tenant\'s GUID, in lower case',
    ),
    (
        "OIDC-03.2",
        block(issuerUrl="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12cdEFG"),
        block(issuerUrl="https://acme.auth.eu-west-1.amazoncognito.com"),
        "issuerUrl",
        "is the log-in page of an Amazon Cognito user pool, and its tokens name the pool; write "
        "https://cognito-idp.<region>.amazonaws.com/<user pool id>",
    ),
    (
        "OIDC-03.3",
        block("keycloak", issuerUrl="https://id.example.com/auth/realms/engineering"),
        block("keycloak", issuerUrl="https://id.example.com/engineering"),
        "issuerUrl",
        "is not an issuer of Keycloak; write https://HOST/realms/NAME; before version 17 "
        "https://HOST/auth/realms/NAME",
    ),
    (
        "OIDC-04.1",
        block(issuerUrl="https://oidc.cks.coreweave.com/id/another"),
        block(issuerUrl=f"https://oidc.cks.coreweave.com/id/{ID}/"),
        "issuerUrl",
        "is the cluster's own issuer, and service accounts log in without it; write the issuer of "
        "your identity provider",
    ),
    (
        "OIDC-17.1",
        block(),
        block(issuerUrl="https://a.example,https://b.example"),
        "issuerUrl",
        "a cluster trusts one issuer; use a broker (Dex, Keycloak), the authentication webhook, or "
        "service-account tokens for pipelines",
    ),
]
