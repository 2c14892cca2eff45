"""Rules for the issuer's certificate authority, and the checks that other rules share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cks_components.api.certificates import is_an_authority, read_certificates
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation

if TYPE_CHECKING:
    from cryptography import x509

_NOTICE = timedelta(days=30)


def nothing_in(ca: str | None, owner: str) -> Iterator[str]:
    """Report a CA that contains no certificate; `owner` is whose TLS certificate it verifies."""
    if ca is not None and not read_certificates(ca):
        yield (
            "contains no certificate; paste the PEM text of the authority that signed the "
            f"{owner}'s TLS certificate"
        )


def ending(ca: str | None, now: datetime, loss: str) -> Iterator[str]:
    """Report the certificates that expire within 30 days, and what stops working then."""
    for certificate in read_certificates(ca or ""):
        end = certificate.not_valid_after_utc
        if end - now < _NOTICE:
            verb = "expired" if end < now else "expires"
            yield (
                f"the certificate {_name(certificate)} {verb} on {end:%Y-%m-%d}, and {loss} after "
                "that; add its successor next to it"
            )


def leaves_in(ca: str | None, owner: str) -> Iterator[str]:
    """Report the certificates that are not a certificate authority's."""
    for certificate in read_certificates(ca or ""):
        if not is_an_authority(certificate):
            yield (
                f"the certificate {_name(certificate)} is not a certificate authority's, so it "
                f"works only until the {owner} renews its own certificate; paste the authority's "
                "certificate"
            )


def _has_certificate(judged: JudgedBlock) -> Iterator[Violation]:
    yield from map(_violation, nothing_in(judged.oidc.ca, "issuer"))


def _expires_soon(judged: JudgedBlock) -> Iterator[Violation]:
    yield from map(_violation, ending(judged.oidc.ca, judged.now, "nobody can log in"))


def _is_an_authority(judged: JudgedBlock) -> Iterator[Violation]:
    yield from map(_violation, leaves_in(judged.oidc.ca, "issuer"))


def _replaces_the_roots(judged: JudgedBlock) -> Iterator[Violation]:
    if read_certificates(judged.oidc.ca or ""):
        yield _violation(
            "replaces the system's root certificates for the issuer; remove it if a public "
            "authority signed the issuer's certificate"
        )


def _name(certificate: x509.Certificate) -> str:
    return f'"{certificate.subject.rfc4514_string()}"'


def _violation(text: str) -> Violation:
    return at("ca", text)


RULES: tuple[Rule[JudgedBlock], ...] = (
    Rule(
        "OIDC-13",
        "`ca` is PEM text with at least one certificate",
        ERROR,
        _has_certificate,
        is_waivable=False,
    ),
    Rule("OIDC-13", "no certificate in `ca` expires within 30 days", WARNING, _expires_soon),
    Rule(
        "OIDC-13",
        "every certificate in `ca` is a certificate authority's",
        WARNING,
        _is_an_authority,
    ),
    Rule(
        "OIDC-13",
        "`ca` is set only if no public authority signed the issuer's certificate",
        WARNING,
        _replaces_the_roots,
    ),
)
