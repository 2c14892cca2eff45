"""The claims of an ID token that go-oidc reads itself, with the types that it insists on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cks_components.authentication import go_json
from cks_components.authentication.go_json import Object, Value, WrongTypeError
from cks_components.authentication.refusal import RefusalError, Rule

_LEEWAY_SECONDS = 60
_YEAR_ONE = 62135596800
"""The seconds from the year 1, from which Go counts, to 1970."""
_YEAR_5138 = 10**11
"""In seconds since 1970; in milliseconds it is a day of 1973."""
_TIMES = ("exp", "iat", "nbf")
_TEXTS = ("iss", "sub", "nonce", "at_hash")


@dataclass(frozen=True)
class IdToken:
    """What go-oidc reads of a payload.

    Attributes:
        audience: `aud` as a list.
        expires: `exp`, in seconds since 1970; None if there is none.
        issued: `iat` likewise; no check looks at it.
        not_before: `nbf` likewise.
        sources: the source of each distributed claim, by the claim's name.
        endpoints: the names of the sources that `_claim_sources` describes.
    """

    audience: tuple[str, ...]
    expires: int | None
    issued: int | None
    not_before: int | None
    sources: Mapping[str, str]
    endpoints: frozenset[str]

    def is_expired(self, now: float) -> bool:
        """Whether it is over at a time, which has no leeway; without `exp` it always is."""
        return self.expires is None or _compared(self.expires) < now

    def is_early(self, now: float) -> bool:
        """Whether it is not valid yet at a time, by more than a minute."""
        return self.not_before is not None and now + _LEEWAY_SECONDS < _compared(self.not_before)


def is_in_milliseconds(unix: int) -> bool:
    """Whether a time is so far off that somebody wrote milliseconds instead of seconds."""
    return unix > _YEAR_5138


def issuer(claims: Object) -> str:
    """The issuer that a token names; empty if it names none.

    Raises:
        WrongTypeError: it is not text.
    """
    found = ""
    for _, value in claims.fields("iss"):
        found = go_json.text(value, found)
    return found


def read(claims: Object) -> IdToken:
    """Read the claims that have to have a certain type.

    Raises:
        RefusalError: `claims`, because one has another type.
    """
    found: dict[str, Any] = {}
    for name, value in claims.fields(*_READERS):
        try:
            found[name] = _READERS[name](value, found.get(name))
        except WrongTypeError as error:
            wanted = _WANTED.get(name, "text")
            reason = (
                f'the claim "{name}" is {error} and has to be {wanted}; correct it at the identity '
                "provider"
            )
            raise RefusalError(Rule.CLAIMS, reason) from None
    return IdToken(
        audience=tuple(found.get("aud", ())),
        expires=found.get("exp"),
        issued=found.get("iat"),
        not_before=found.get("nbf"),
        sources=found.get("_claim_names", {}),
        endpoints=frozenset(found.get("_claim_sources", {})),
    )


def _text(value: Value, before: str | None) -> str:
    return go_json.text(value, before or "")


def _audience(value: Value, _before: Any) -> list[str]:
    return [value or ""] if isinstance(value, str | None) else go_json.texts(value)


def _time(value: Value, _before: Any) -> int:
    return go_json.seconds(value)


def _time_or_null(value: Value, _before: Any) -> int | None:
    return None if value is None else go_json.seconds(value)


def _names(value: Value, before: Mapping[str, str] | None) -> dict[str, str]:
    """The sources of distributed claims; several members of that name add up, and null empties."""
    found = {name: _inside(part) for name, part in go_json.object_of(value).members}
    return {} if value is None else {**(before or {}), **found}


def _sources(value: Value, before: Mapping[str, None] | None) -> dict[str, None]:
    for _, source in go_json.object_of(value).members:
        for _, leaf in go_json.object_of(source).fields("endpoint", "access_token"):
            _inside(leaf)
    found = dict.fromkeys(name for name, _ in go_json.object_of(value).members)
    return {} if value is None else {**(before or {}), **found}


def _inside(value: Value) -> str:
    try:
        return go_json.text(value)
    except WrongTypeError as error:
        message = f"an object that holds {error}"
        raise WrongTypeError(message) from None


def _compared(unix: int) -> int:
    """The time that Go compares: it counts from the year 1, and 64 bits start again when full."""
    internal = unix + _YEAR_ONE
    return unix if go_json.is_int64(internal) else unix - 2**64


_READERS: dict[str, Callable[[Value, Any], Any]] = {
    **dict.fromkeys(_TEXTS, _text),
    "aud": _audience,
    "exp": _time,
    "iat": _time,
    "nbf": _time_or_null,
    "_claim_names": _names,
    "_claim_sources": _sources,
}
_WANTED = {
    "aud": "text or an array of texts",
    **dict.fromkeys(_TIMES, "a number of seconds since 1970"),
    "_claim_names": "an object of texts",
    "_claim_sources": "an object of objects of texts",
}
