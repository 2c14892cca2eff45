"""Rules for what the issuer publishes: the control plane needs it too, or refuses every login."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cks_components.api.errors import redact
from cks_components.api.models import OidcConfig
from cks_components.identity.discovery_document import Published
from cks_components.identity.preset import Preset
from cks_components.rules.judged_block import at
from cks_components.rules.rule import WARNING, Rule, Violation

_ALGORITHM = "RS256"
_PKCE = "S256"


@dataclass(frozen=True, kw_only=True)
class JudgedIssuer:
    """A block, and what its issuer publishes.

    Attributes:
        has_secret: whether people log in with a client secret instead of PKCE.
    """

    oidc: OidcConfig
    preset: Preset
    published: Published
    has_secret: bool


def _readable(found: JudgedIssuer) -> Iterator[Violation]:
    if found.published.problem:
        yield _violation(
            f"the discovery document could not be read ({found.published.problem}); check "
            "issuerUrl, ca and the network, because the control plane has to read it too, or set "
            '"discovery: off"'
        )


def _same_issuer(found: JudgedIssuer) -> Iterator[Violation]:
    read, written = found.published.issuer, found.oidc.issuer_url
    if not found.published.problem and read != written:
        yield _violation(
            f'the discovery document says "{redact(read)}", but the stack file says "{written}"; '
            "copy the one from the discovery document"
        )


def _keys(found: JudgedIssuer) -> Iterator[Violation]:
    published = found.published
    if published.problem:
        return
    if not published.jwks_uri.startswith("https://"):
        yield _violation(
            f'the discovery document names "{redact(published.jwks_uri)}" as jwks_uri, which is '
            "not https; let the provider publish its keys over https"
        )
    elif published.keys_problem:
        yield _violation(
            f"the issuer's keys could not be read ({published.keys_problem}); check "
            f"{redact(published.jwks_uri)}"
        )
    elif not published.rsa_keys:
        yield _violation("the issuer publishes no RSA key; let the provider sign with RS256")


def _algorithm(found: JudgedIssuer) -> Iterator[Violation]:
    if not found.published.problem and _ALGORITHM not in found.published.algorithms:
        offered = redact(", ".join(found.published.algorithms)) or "no signing algorithm"
        yield _violation(
            f"the discovery document offers {offered}; let the provider sign with {_ALGORITHM}"
        )


def _pkce(found: JudgedIssuer) -> Iterator[Violation]:
    preset, published = found.preset, found.published
    expected = preset.people_log_in and preset.announces_pkce and not found.has_secret
    if expected and not published.problem and _PKCE not in published.pkce_methods:
        yield _violation(
            f"the discovery document does not announce PKCE with {_PKCE}, which the kubeconfigs "
            "use; check that the client accepts it, or set clientSecret"
        )


def _violation(text: str) -> Violation:
    return at("issuer_url", text)


RULES: tuple[Rule[JudgedIssuer], ...] = (
    Rule("OIDC-16", "the discovery document can be read", WARNING, _readable),
    Rule(
        "OIDC-16",
        "the discovery document's `issuer` is `issuerUrl`, byte for byte",
        WARNING,
        _same_issuer,
    ),
    Rule(
        "OIDC-16",
        "the discovery document's `jwks_uri` is https and lists an RSA key",
        WARNING,
        _keys,
    ),
    Rule("OIDC-16", "the discovery document offers RS256", WARNING, _algorithm),
)
"""Warnings, and errors with `discovery: strict`."""
REMARKS: tuple[Rule[JudgedIssuer], ...] = (
    Rule(
        "OIDC-16",
        "the discovery document announces PKCE with S256 (not required of Entra, Amazon Cognito)",
        WARNING,
        _pkce,
    ),
)
"""Always warnings."""
