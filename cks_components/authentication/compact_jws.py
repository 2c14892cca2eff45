"""A JWS in compact form, as go-jose 2 parses it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from cks_components.authentication import go_json
from cks_components.authentication.go_json import Object, Value
from cks_components.authentication.go_text import base64url, without_spaces
from cks_components.authentication.refusal import RefusalError, Rule

_COPY = "copy the whole ID token again"
_OF_PARTS = {
    1: "the token is not a JWT but opaque text, as access tokens often are; pass the ID token",
    2: f"the token has two parts instead of three, so it was cut off; {_COPY}",
    5: "the token is encrypted (a JWE), and kube-apiserver reads signed tokens only; switch the "
    "encryption of ID tokens off at the identity provider",
}
_TEXTS = ("alg", "kid", "nonce")


@dataclass(frozen=True)
class CompactJws:
    """The three parts of a token.

    Attributes:
        claims: the members of the payload.
    """

    header: str = field(repr=False)
    payload: str = field(repr=False)
    signature: str = field(repr=False)
    claims: Object = field(repr=False)

    @property
    def signature_bytes(self) -> bytes:
        """The signature; empty if it cannot be decoded."""
        return base64url(self.signature) or b""

    def signed(self, is_encoded: bool) -> bytes:
        """What is signed, encoded anew as go-jose does.

        Args:
            is_encoded: as the header has it.
        """
        payload = base64url(self.payload) or b""
        return b".".join(
            [_encoded(base64url(self.header) or b""), _encoded(payload) if is_encoded else payload]
        )


@dataclass(frozen=True)
class Header:
    """What go-oidc uses of a header.

    Attributes:
        algorithm: `alg`; empty if there is none.
        key_id: `kid`; empty if there is none.
        critical: `crit`; None if it is not an array of texts.
        is_encoded: false where `b64` says that the payload was signed as it is, not in base64url.
    """

    algorithm: str
    key_id: str
    critical: tuple[str, ...] | None
    is_encoded: bool


def parse(token: str) -> CompactJws:
    """Split a token and read its payload, as kube-apiserver does before it looks at the issuer.

    Raises:
        RefusalError: `malformed`.
    """
    if token.lstrip().startswith("{"):
        raise RefusalError(
            Rule.MALFORMED, "the token is a JWS in JSON form; send it in compact form"
        )
    if token.lower() == "bearer":
        raise RefusalError(
            Rule.MALFORMED, 'the token begins with the word "Bearer"; pass only what follows it'
        )
    parts = token.split(".")
    if len(parts) != 3:
        reason = _OF_PARTS.get(len(parts), f"the token has {len(parts)} parts instead of three")
        raise RefusalError(Rule.MALFORMED, reason)
    content = base64url(parts[1])
    if content is None:
        raise RefusalError(
            Rule.MALFORMED, f"the token's payload is not unpadded base64url; {_COPY}"
        )
    payload = _json(content, "payload")
    if not isinstance(payload, Object):
        raise RefusalError(
            Rule.MALFORMED, "the token's payload is not a JSON object; pass an ID token"
        )
    head, body, signature = map(without_spaces, parts)
    return CompactJws(head, body, signature, payload)


def header(jws: CompactJws) -> Header:
    """Read the header, as kube-apiserver does once the issuer is right.

    Raises:
        RefusalError: `malformed`, also for a signature that is not base64url.
    """
    if jws.header.startswith(('"', "'")):
        raise RefusalError(Rule.MALFORMED, "the token is in quotes; pass it without them")
    if base64url(jws.signature) is None:
        raise RefusalError(
            Rule.MALFORMED, f"the token's signature is not unpadded base64url; {_COPY}"
        )
    content = base64url(jws.header)
    if content is None:
        raise RefusalError(Rule.MALFORMED, f"the token's header is not unpadded base64url; {_COPY}")
    found = _json(content, "header") if content else None
    if found is not None and not isinstance(found, Object):
        raise RefusalError(Rule.MALFORMED, f"the token's header is not a JSON object; {_COPY}")
    values = found.members if found else ()
    given = {name: value for name, value in values if value is not None}
    if len(dict(values)) < len(values):
        raise RefusalError(Rule.MALFORMED, "the token's header names one parameter twice")
    wrong = next((name for name, value in given.items() if not _is_readable(name, value)), None)
    if wrong is not None:
        raise RefusalError(
            Rule.MALFORMED, f'the parameter "{wrong}" in the token\'s header is not valid'
        )
    texts = {name: str(given.get(name, "")) for name in _TEXTS}
    return Header(
        texts["alg"], texts["kid"], _critical(given.get("crit")), given.get("b64") is not False
    )


def _json(content: bytes, part: str) -> Value:
    try:
        return go_json.parse(content)
    except go_json.NotJsonError:
        reason = f"the token's {part} is not JSON, so it was damaged; {_COPY}"
    except go_json.TooDeepError:
        reason = (
            f"the token's {part} is nested too deeply to be read here, and kube-apiserver may accept "
            "it; ask the cluster with cks-access explain --live"
        )
    raise RefusalError(Rule.MALFORMED, reason)


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _is_readable(name: str, value: Value) -> bool:
    """Whether go-jose can read a parameter; those that it does not know may be anything."""
    if name in _TEXTS:
        return isinstance(value, str)
    if name == "jwk":
        from cks_components.authentication.jwk import is_public_key  # rarely needed, and slow

        return is_public_key(value)
    if name == "x5c":
        return _is_certificate_chain(value)
    return go_json.is_representable(value) and not go_json.has_duplicates(value)


def _is_certificate_chain(value: Value) -> bool:
    from cryptography import x509  # rarely needed, and slow

    try:
        for certificate in go_json.texts(value):
            x509.load_der_x509_certificate(base64.b64decode(certificate, validate=True))
    except ValueError:
        return False
    return True


def _critical(value: Value) -> tuple[str, ...] | None:
    try:
        return tuple(go_json.texts(value))
    except go_json.WrongTypeError:
        return None
