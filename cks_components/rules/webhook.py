"""Rules for webhooks: the API accepts any URI, and kube-apiserver calls any server found there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cks_components.api.models import AuthenticationWebhook, AuthorizationWebhook, Webhook
from cks_components.api.urls import parts_of
from cks_components.rules import certificate_authority
from cks_components.rules.rule import (
    ERROR,
    ERROR_IN_PRODUCTION,
    WARNING,
    Rule,
    Violation,
)

_SERVER, _CA = Webhook.leaves().values()


@dataclass(frozen=True, kw_only=True)
class JudgedWebhook:
    """A webhook, and the time at which certificates must still be valid."""

    webhook: Webhook
    now: datetime


@dataclass(frozen=True, kw_only=True)
class ShownCertificate:
    """A webhook that was asked for its certificate.

    Attributes:
        problem: why the certificate is not trusted; empty if it is trusted or was not received.
    """

    problem: str


def _has_server(judged: JudgedWebhook) -> Iterator[Violation]:
    if not judged.webhook.server:
        yield Violation(_SERVER, "is missing; write the https URL of the webhook")


def _form(judged: JudgedWebhook) -> Iterator[Violation]:
    url = judged.webhook.server
    if not url:
        return
    parts = parts_of(url)
    if parts is None:
        yield Violation(_SERVER, "is not a URL; write one such as https://hook.example.com/authn")
    elif parts.scheme != "https":
        yield Violation(
            _SERVER,
            "is not https, so anybody on the network path could read tokens or answer in its "
            "place; serve the webhook with TLS and write its https URL",
        )
    elif not parts.hostname or "@" in parts.netloc or parts.fragment or any(map(str.isspace, url)):
        yield Violation(_SERVER, "must have a host and no user, fragment or white space")


def _has_certificate(judged: JudgedWebhook) -> Iterator[Violation]:
    for text in certificate_authority.nothing_in(judged.webhook.ca, "webhook"):
        yield Violation(_CA, text)


def _expires_soon(judged: JudgedWebhook) -> Iterator[Violation]:
    for text in certificate_authority.ending(
        judged.webhook.ca, judged.now, "kube-apiserver cannot call the webhook"
    ):
        yield Violation(_CA, text)


def _is_an_authority(judged: JudgedWebhook) -> Iterator[Violation]:
    for text in certificate_authority.leaves_in(judged.webhook.ca, "webhook"):
        yield Violation(_CA, text)


def _certificate_is_trusted(shown: ShownCertificate) -> Iterator[Violation]:
    if shown.problem:
        yield Violation(
            _CA,
            f"does not match the certificate that the webhook presents here ({shown.problem}), so "
            "kube-apiserver would not call it; paste the PEM text of the authority that signed it, "
            "or waive HOOK-02 if the cluster reaches the webhook in another way",
        )


def _sees_tokens(judged: JudgedWebhook) -> Iterator[Violation]:
    if isinstance(judged.webhook, AuthenticationWebhook):
        yield Violation(
            "",
            "receives every token that OIDC and service accounts refuse, including expired ones, "
            "and its names get no prefix; it must verify tokens itself",
        )


def _can_lock_out(judged: JudgedWebhook) -> Iterator[Violation]:
    if isinstance(judged.webhook, AuthorizationWebhook):
        yield Violation(
            "",
            "if it denies a request before RBAC is asked, everybody is locked out; confirm it by "
            "waiving HOOK-01 with a reason, and keep access to the CKS API so that you can remove "
            "it",
        )


RULES: tuple[Rule[JudgedWebhook], ...] = (
    Rule("HOOK-01", "a webhook has a `server`", ERROR, _has_server, is_waivable=False),
    Rule("HOOK-01", "`server` is an https URL with a host", ERROR, _form, is_waivable=False),
    Rule(
        "HOOK-01",
        "`ca` is PEM text with at least one certificate",
        ERROR,
        _has_certificate,
        is_waivable=False,
    ),
    Rule("HOOK-01", "no certificate in `ca` expires within 30 days", WARNING, _expires_soon),
    Rule(
        "HOOK-01",
        "every certificate in `ca` is a certificate authority's",
        WARNING,
        _is_an_authority,
    ),
    Rule("HOOK-01", "an authentication webhook sees refused tokens", WARNING, _sees_tokens),
    Rule(
        "HOOK-01",
        "an authorization webhook, which can lock everybody out, is confirmed with a waiver",
        ERROR_IN_PRODUCTION,
        _can_lock_out,
    ),
)

CERTIFICATE_RULES: tuple[Rule[ShownCertificate], ...] = (
    Rule(
        "HOOK-02",
        "an authority in `ca` signed the webhook's certificate, where this can be checked",
        ERROR,
        _certificate_is_trusted,
    ),
)
