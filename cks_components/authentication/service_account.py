"""Tokens of the cluster's own service accounts, which kube-apiserver judges before the OIDC block."""

from __future__ import annotations

from cks_components.authentication import go_json
from cks_components.authentication.compact_jws import CompactJws, Header
from cks_components.authentication.go_json import WrongTypeError
from cks_components.authentication.oidc_settings import ALGORITHMS
from cks_components.authentication.refusal import RefusalError, Rule, quoted
from cks_components.kubernetes.user import User, service_account

_LEEWAY_SECONDS = 60
_ZERO = go_json.Number("0")


def check_algorithm(header: Header) -> None:
    """Check that a key of an API server can have signed the token.

    Raises:
        RefusalError: `algorithm`, such as "none".
    """
    if header.algorithm not in ALGORITHMS:
        reason = (
            f"the service-account token's algorithm is {quoted(header.algorithm)}, with which no API "
            "server signs, so somebody forged it; mint another"
        )
        raise RefusalError(Rule.ALGORITHM, reason)


def user(jws: CompactJws, issuer: str, now: float) -> User:
    """Read who a service-account token stands for.

    Whether an API server signed the token, and whether the account and the object that it is bound
    to still exist, is not known here.

    Raises:
        RefusalError: `audience`, `expired`, `not-yet-valid`, or `claims` for another form.
    """
    claims = jws.claims.last()
    try:
        audience = claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else go_json.texts(audience)
        expires, not_before = (go_json.seconds(claims.get(n, _ZERO)) for n in ("exp", "nbf"))
        own = go_json.object_of(claims.get("kubernetes.io")).last()
        account = go_json.object_of(own.get("serviceaccount")).last()
        namespace, name = go_json.text(own.get("namespace")), go_json.text(account.get("name"))
    except WrongTypeError as error:
        reason = (
            f"the service-account token holds {error} where kube-apiserver writes something else"
        )
        raise RefusalError(Rule.CLAIMS, f"{reason}; mint another") from None
    if audiences and issuer not in audiences:
        given = ", ".join(map(quoted, audiences))
        reason = f"the service-account token is for {given} and not for this API server"
        raise RefusalError(Rule.AUDIENCE, f"{reason}; mint it without an audience")
    if "exp" in claims and expires < now - _LEEWAY_SECONDS:
        raise RefusalError(Rule.EXPIRED, "the service-account token expired; mint another")
    if not_before > now + _LEEWAY_SECONDS:
        reason = "the service-account token is not valid yet; compare the clocks, or wait"
        raise RefusalError(Rule.NOT_YET_VALID, reason)
    return service_account(namespace, name)
