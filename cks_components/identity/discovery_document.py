"""What an issuer publishes about itself: its discovery document and its keys, as plain facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

DOCUMENT_PATH = "/.well-known/openid-configuration"
"""Where the document is, below the issuer's URL (OpenID Connect Discovery, section 4)."""
_RSA = "RSA"


@dataclass(frozen=True, kw_only=True)
class Published:
    """What could be read from an issuer.

    Attributes:
        problem: why the discovery document could not be read; the rest is then empty.
        keys_problem: why the keys could not be read.
        keys: the published keys as they are; None where they could not be read.
        pkce_methods: empty if none are announced.
        ahead_seconds: how far the issuer's clock is ahead of ours; None if it is not known.
    """

    problem: str = ""
    keys_problem: str = ""
    issuer: str = ""
    jwks_uri: str = ""
    algorithms: tuple[str, ...] = ()
    pkce_methods: tuple[str, ...] = ()
    keys: tuple[object, ...] | None = None
    ahead_seconds: float | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a discovery document; a value of the wrong type counts as absent."""
        return cls(
            issuer=_text(document.get("issuer")),
            jwks_uri=_text(document.get("jwks_uri")),
            algorithms=_texts(document.get("id_token_signing_alg_values_supported")),
            pkce_methods=_texts(document.get("code_challenge_methods_supported")),
        )

    def with_keys(self, document: Mapping[str, Any]) -> Self:
        """Add the keys that a JWKS document lists."""
        listed = document.get("keys")
        return replace(self, keys=tuple(listed) if isinstance(listed, list) else ())

    @property
    def rsa_keys(self) -> int:
        """The number of keys for RS256."""
        known = [key.get("kty") for key in self.keys or () if isinstance(key, Mapping)]
        return known.count(_RSA)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()
