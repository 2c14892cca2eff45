"""The signature of a token: critical parameters, the choice of keys, and the verification."""

from __future__ import annotations

from typing import Literal

from cks_components.authentication.compact_jws import CompactJws, Header
from cks_components.authentication.refusal import RefusalError, Rule, quoted
from cks_components.identity.discovery_document import Published

_UNDERSTOOD = {"b64"}
Signature = Literal["verified", "failed", "unchecked"]


def check(jws: CompactJws, header: Header, published: Published | None) -> Signature:
    """Verify the signature with the issuer's keys, as far as they are known.

    Keys are chosen by `kid`; without one, every key is tried.

    Returns:
        "verified", or "unchecked" if the keys are not known.

    Raises:
        RefusalError: `signature`.
    """
    _check_critical(header)
    if not jws.signature_bytes:
        reason = "the token has no signature, so it was cut off, or nobody signed it; get another"
        raise RefusalError(Rule.SIGNATURE, reason)
    if published is None or published.keys is None:
        return "unchecked"
    from cks_components.authentication import jwk  # not needed where no keys are known, and slow

    try:
        keys = [jwk.read_key(key) for key in published.keys]
    except jwk.UnreadableKeyError as error:
        reason = (
            f"the issuer publishes a key that kube-apiserver cannot read ({error}), so it reads none "
            "of them; remove that key at the identity provider"
        )
        raise RefusalError(Rule.SIGNATURE, reason) from None
    chosen = [key for key in keys if header.key_id in ("", key.id)]
    signed = jws.signed(header.is_encoded)
    if any(key.verifies(header.algorithm, signed, jws.signature_bytes) for key in chosen):
        return "verified"
    if header.key_id and not chosen:
        reason = (
            f'the token was signed with the key {quoted(header.key_id)} ("kid"), which the issuer does '
            "not publish; log in again (after a rotation of keys, wait until it is published)"
        )
    else:
        reason = (
            "the signature is not one of the issuer's published keys: the token was changed, or "
            "another issuer signed it; log in again"
        )
    raise RefusalError(Rule.SIGNATURE, reason)


def _check_critical(header: Header) -> None:
    if header.critical is None or not set(header.critical) <= _UNDERSTOOD:
        reason = (
            'the header\'s "crit" names parameters that kube-apiserver does not understand; let the '
            "identity provider leave it out"
        )
        raise RefusalError(Rule.SIGNATURE, reason)
