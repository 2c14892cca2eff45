"""Tokens as odd as a test wishes, signed with keys that an issuer of the tests publishes."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

ISSUER, CLIENT = "https://idp.example.com", "kubernetes"
ALICE = "alice@example.com"
BLOCK = {
    "issuerUrl": ISSUER,
    "clientId": CLIENT,
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "oidc:",
}
HEADER = {"alg": "RS256", "typ": "JWT", "kid": "rsa"}


class _Absent:
    """Says the same in every process, as the names of tests must that two workers collect."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()


@dataclass(frozen=True)
class In:
    """A time so many seconds from now; as text where a claim holds it so."""

    seconds: float
    as_text: bool = False


@dataclass(frozen=True)
class Token:
    """A token that differs from the usual one.

    Attributes:
        claims: in addition to or in place of the usual; ABSENT leaves one out.
        header: likewise.
        payload: the whole payload, with `{claims}` for the usual members; for what no mapping holds.
        key: the id of the key that signs.
        text: the whole token, with `{header}`, `{payload}`, `{signature}` and `{token}`.
    """

    claims: Mapping[str, Any] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)
    payload: str = "{{{claims}}}"
    key: str = "rsa"
    text: str = "{token}"

    def signed(self, issuer: str = ISSUER) -> str:
        """The token as it is sent, by an issuer that signs whatever it is given."""
        usual = {
            "iss": issuer,
            "aud": CLIENT,
            "sub": "u-1",
            "email": ALICE,
            "iat": In(0),
            "exp": In(600),
        }
        claims = json.dumps(_merged(usual, self.claims))[1:-1]
        header = part(json.dumps(_merged(HEADER, self.header)).encode())
        payload = part(self.payload.format(claims=claims).encode())
        signature = part(sign(f"{header}.{payload}".encode(), self.key))
        parts = {"header": header, "payload": payload, "signature": signature}
        return self.text.format(token=f"{header}.{payload}.{signature}", **parts)


def claims(**changes: Any) -> Token:
    """A token whose claims differ."""
    return Token(claims=changes)


def header(**changes: Any) -> Token:
    """A token whose header differs."""
    return Token(header=changes)


def part(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unsigned(**claims: Any) -> str:
    """A JWT of these claims alone, for those who verify no signature."""
    header, payload = (part(json.dumps(value).encode()) for value in ({"alg": "RS256"}, claims))
    return f"{header}.{payload}.{part(b'no signature')}"


def sign(content: bytes, key: str) -> bytes:
    """A signature by the key of an id."""
    if key == "ec":
        return JWSRegistry(algorithms=["ES256"]).get_alg("ES256").sign(content, _elliptic_key())
    return JWSRegistry().get_alg("RS256").sign(content, _rsa_key(key))


def published_keys() -> list[dict[str, Any]]:
    """The keys of the JWKS document; the one with the id "foreign" is not among them."""
    keys: dict[str, RSAKey | ECKey] = {"rsa": _rsa_key("rsa"), "ec": _elliptic_key()}
    return [{**key.as_dict(private=False), "kid": kid, "use": "sig"} for kid, key in keys.items()]


def _merged(usual: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**usual, **changes}
    return {name: _value(value) for name, value in merged.items() if value is not ABSENT}


def _value(value: Any) -> Any:
    if not isinstance(value, In):
        return value
    moment = time.time() + value.seconds
    written = moment if isinstance(value.seconds, float) else int(moment)
    return str(written) if value.as_text else written


@cache
def _rsa_key(_name: str) -> RSAKey:
    return RSAKey.generate_key(2048)


@cache
def _elliptic_key() -> ECKey:
    return ECKey.generate_key("P-256")
