"""What go-oidc checks of a token before anybody looks at the claims that name its bearer."""

from __future__ import annotations

from datetime import UTC, datetime

from cks_components.authentication import id_token
from cks_components.authentication.compact_jws import CompactJws, Header
from cks_components.authentication.go_json import WrongTypeError
from cks_components.authentication.id_token import IdToken
from cks_components.authentication.oidc_settings import OidcSettings
from cks_components.authentication.refusal import RefusalError, Rule, quoted
from cks_components.identity.discovery_document import Published

_GOOGLE = "https://accounts.google.com"
_GOOGLE_WITHOUT_SCHEME = "accounts.google.com"
_SERVICE_ACCOUNTS = "kubernetes.io"


def check_issuer(jws: CompactJws, found: OidcSettings) -> None:
    """Compare the issuer byte for byte; kube-apiserver gives no reason for this refusal.

    Raises:
        RefusalError: `issuer`.
    """
    try:
        issuer = id_token.issuer(jws.claims)
    except WrongTypeError as error:
        reason = f'the token\'s "iss" is {error}, and has to be text; pass an ID token'
        raise RefusalError(Rule.ISSUER, reason) from None
    if issuer == _GOOGLE_WITHOUT_SCHEME:
        issuer = _GOOGLE
    if issuer == found.issuer:
        return
    reason = f"{_other_issuer(issuer, found.issuer)}; kube-apiserver compares the two byte for byte"
    if _SERVICE_ACCOUNTS in jws.claims.last():
        reason = (
            f"it is a service-account token of {quoted(issuer)} and not one of the identity "
            f"provider {quoted(found.issuer)}; the OIDC block has no part in it, and only the "
            "cluster that issued it accepts it"
        )
    raise RefusalError(Rule.ISSUER, reason)


def _other_issuer(issuer: str, wanted: str) -> str:
    if not issuer:
        return (
            f'the token has no "iss", and the block\'s issuerUrl is {quoted(wanted)}; pass the ID '
            "token of the identity provider"
        )
    both = f"the token's \"iss\" is {quoted(issuer)}, and the block's issuerUrl is {quoted(wanted)}"
    if issuer.rstrip("/") == wanted.rstrip("/"):
        return f'{both}: they differ in the slash at the end; write the issuerUrl as "iss" has it'
    if issuer.casefold() == wanted.casefold():
        return f'{both}: they differ in capitals; write the issuerUrl as "iss" has it'
    return f"{both}; log in at that issuer, or correct the issuerUrl"


def check_discovery(found: OidcSettings, published: Published | None) -> None:
    """Check what is known of the issuer's discovery document, without which nobody can log in.

    Raises:
        RefusalError: `not-initialized`.
    """
    if not found.has_discovery:
        reason = (
            f"no discovery document can be at issuerUrl {quoted(found.issuer)}, so kube-apiserver "
            'never gets the issuer\'s keys; write the value of "issuer" from the document'
        )
        raise RefusalError(Rule.NOT_INITIALIZED, reason)
    if published is None or published.problem:
        return
    if published.issuer != found.issuer:
        reason = (
            f"the discovery document names the issuer {quoted(published.issuer)} and the block's "
            f"issuerUrl is {quoted(found.issuer)}, so kube-apiserver does not use the issuer; copy "
            "the former into the block"
        )
        raise RefusalError(Rule.NOT_INITIALIZED, reason)
    if not published.jwks_uri:
        reason = "the discovery document has no jwks_uri, so kube-apiserver finds no keys"
        raise RefusalError(Rule.NOT_INITIALIZED, f"{reason}; correct it at the identity provider")


def check_algorithm(found: OidcSettings, header: Header) -> None:
    """Compare the algorithm with those that are accepted.

    Raises:
        RefusalError: `algorithm`.
    """
    if header.algorithm not in found.algorithms:
        accepted = " or ".join(found.algorithms)
        reason = (
            f"the token's algorithm is {quoted(header.algorithm)}, and the cluster accepts "
            f"{accepted}; let the identity provider sign this client's tokens with {accepted}"
        )
        raise RefusalError(Rule.ALGORITHM, reason)


def check_sources(token: IdToken) -> None:
    """Check that each distributed claim has a source.

    Raises:
        RefusalError: `claim-source`.
    """
    for claim, source in token.sources.items():
        if source not in token.endpoints or not source:
            reason = (
                f"_claim_names refers claim {quoted(claim)} to source {quoted(source)}, which "
                "_claim_sources does not describe; correct it at the identity provider"
            )
            raise RefusalError(Rule.CLAIM_SOURCE, reason)


def check_audience(found: OidcSettings, token: IdToken) -> None:
    """Check that the token is for the cluster's client.

    Raises:
        RefusalError: `audience`.
    """
    if found.client_id not in token.audience:
        given = ", ".join(map(quoted, token.audience)) or "missing"
        reason = (
            f"the token's \"aud\" is {given}, and the block's clientId is "
            f"{quoted(found.client_id)}; log in with that client id (a CI job asks for that "
            "audience; an access token has another), or correct the clientId"
        )
        raise RefusalError(Rule.AUDIENCE, reason)


def check_times(token: IdToken, now: float) -> None:
    """Check that the token is valid at a time.

    Raises:
        RefusalError: `expired` or `not-yet-valid`.
    """
    if token.expires is None:
        reason = 'the token has no "exp", so kube-apiserver takes it for expired'
        raise RefusalError(Rule.EXPIRED, f"{reason}; let the identity provider add it")
    if token.is_expired(now):
        reason = f"the token expired at {_time(token.expires)}; log in again"
        raise RefusalError(Rule.EXPIRED, f"{reason} (if it is new, compare the clocks)")
    if token.is_early(now) and token.not_before is not None:
        reason = f'the token is not valid before {_time(token.not_before)} ("nbf")'
        raise RefusalError(Rule.NOT_YET_VALID, f"{reason}; compare the clocks, or wait")


def _time(unix: int) -> str:
    if id_token.is_in_milliseconds(unix):
        return f"second {unix}, which is in milliseconds and has to be in seconds,"
    try:
        return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return f"second {unix}"
