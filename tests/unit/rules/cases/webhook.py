"""What the rules of `cks_components.rules.webhook` accept and refuse."""

from __future__ import annotations

from cks_components.api.models import AuthenticationWebhook, AuthorizationWebhook
from cks_components.rules.webhook import ShownCertificate
from tests.unit.rules.subjects import (
    LEAF,
    ROOT,
    Case,
    certificate,
    hook,
)

CASES: list[Case] = [
    (
        "HOOK-01.1",
        hook(),
        hook(server=None),
        "server",
        "is missing; write the https URL of the webhook",
    ),
    (
        "HOOK-01.2",
        hook(server="https://hook.example.com:8443/authn?tenant=a"),
        hook(server="http://hook.example.com"),
        "server",
        "is not https, so anybody on the network path could read tokens or answer in its place; "
        "serve the webhook with TLS and write its https URL",
    ),
    (
        "HOOK-01.3",
        hook(ca=ROOT),
        hook(ca="not pem"),
        "ca",
        "contains no certificate; paste the PEM text of the authority that signed the webhook's "
        "TLS certificate",
    ),
    (
        "HOOK-01.4",
        hook(ca=ROOT),
        hook(ca=certificate("soon", days=29)),
        "ca",
        'the certificate "CN=soon" expires on 2026-06-30, and kube-apiserver cannot call the '
        "webhook after that; add its successor next to it",
    ),
    (
        "HOOK-01.5",
        hook(ca=ROOT),
        hook(ca=LEAF),
        "ca",
        'the certificate "CN=leaf" is not a certificate authority\'s, so it works only until the '
        "webhook renews its own certificate; paste the authority's certificate",
    ),
    (
        "HOOK-01.6",
        hook(AuthorizationWebhook),
        hook(AuthenticationWebhook),
        "",
        "receives every token that OIDC and service accounts refuse, including expired ones, and "
        "its names get no prefix; it must verify tokens itself",
    ),
    (
        "HOOK-01.7",
        hook(AuthenticationWebhook),
        hook(AuthorizationWebhook),
        "",
        "if it denies a request before RBAC is asked, everybody is locked out; confirm it by "
        "waiving HOOK-01 with a reason, and keep access to the CKS API so that you can remove it",
    ),
    (
        "HOOK-02.1",
        ShownCertificate(problem=""),
        ShownCertificate(problem="self-signed certificate"),
        "ca",
        "does not match the certificate that the webhook presents here (self-signed certificate), "
        "so kube-apiserver would not call it; paste the PEM text of the authority that signed it, "
        "or waive HOOK-02 if the cluster reaches the webhook in another way",
    ),
]
