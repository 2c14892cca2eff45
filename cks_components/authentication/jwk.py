"""JSON Web Keys as go-jose 2 reads them, and the verification of signatures with them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from joserfc import jwk, jws
from joserfc.errors import JoseError, SecurityWarning

from cks_components.authentication.go_json import Object, Value, has_duplicates
from cks_components.authentication.go_text import base64url

_MATERIAL = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x"), "oct": ("k",)}
"""What makes a key; the rest is left out, because go-jose ignores what `use` and `alg` say."""
_CURVES = {"EC": ("P-256", "P-384", "P-521"), "OKP": ("Ed25519",)}
"""Those of go-jose; joserfc reads keys of more."""


class UnreadableKeyError(ValueError):
    """A key that go-jose cannot read; the text names its type and id."""


@dataclass(frozen=True)
class Key:
    """A published key.

    Attributes:
        is_public: false for a private and for a symmetric key.
        material: None where go-jose reads the key but verifies nothing with it.
    """

    id: str
    is_public: bool
    material: jwk.Key | None

    def verifies(self, algorithm: str, signed: bytes, signature: bytes) -> bool:
        """Whether a signature is this key's, by one of the nine algorithms of kube-apiserver."""
        model = jws.JWSRegistry(algorithms=[algorithm]).get_alg(algorithm)
        if self.material is None:
            return False
        try:
            model.check_key(self.material)
            return model.verify(signed, signature, self.material)
        except (JoseError, ValueError):  # a key of another type or curve
            return False


def is_public_key(value: Value) -> bool:
    """Whether go-jose accepts a value as the `jwk` in a header: a public key, and no other."""
    if not isinstance(value, Object) or has_duplicates(value):
        return False
    try:
        return read_key(value.last()).is_public
    except UnreadableKeyError:
        return False


def read_key(given: object) -> Key:
    """Read a key of a JWKS document.

    Raises:
        UnreadableKeyError: go-jose cannot read it, nor a whole key set that it is in.
    """
    values = given if isinstance(given, Mapping) else {}
    kind, kid = str(values.get("kty")), values.get("kid") or ""
    numbers = {name: values.get(name) for name in _MATERIAL.get(kind, ())}
    is_known = kind in _MATERIAL and isinstance(kid, str)
    if not is_known or not all(_is_material(kind, *item) for item in numbers.items()):
        message = f'its type is "{kind}" and its kid "{kid}"'
        raise UnreadableKeyError(message)
    is_public = kind != "oct" and values.get("d") is None
    return Key(kid, is_public, _imported(kind, numbers, kid) if is_public else None)


def _is_material(kind: str, name: str, value: object) -> bool:
    if not isinstance(value, str):
        return False
    return value in _CURVES[kind] if name == "crv" else base64url(value) is not None


def _imported(kind: str, numbers: Mapping[str, object], kid: str) -> jwk.Key | None:
    try:
        with warnings.catch_warnings():  # kube-apiserver takes RSA keys from 1024 bits on
            warnings.simplefilter("ignore", SecurityWarning)
            return jwk.import_key({"kty": kind, **{n: str(v) for n, v in numbers.items()}})
    except (JoseError, ValueError):
        if kind == "RSA":  # whose numbers go-jose does not judge
            return None
        message = f'its numbers are not of a key of type "{kind}", and its kid is "{kid}"'
        raise UnreadableKeyError(message) from None
