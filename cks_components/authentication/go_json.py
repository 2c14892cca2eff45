"""JSON as Go's encoding/json reads it, which differs from Python's where tokens are odd.

Objects keep every member in its order, because Go lets the last of several equal names win in a
map, and matches the fields of a struct in any letter case. Invalid UTF-8 and lone surrogates become
U+FFFD. Numbers keep their text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

_SURROGATES = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"-?[0-9]{1,19}")
"""What may fit 64 bits; Python refuses to convert thousands of digits."""
# Go folds these two beside A-Z: they are the only other letters whose case pairs are ASCII.
_FOLDED = {c: chr(c + 32) for c in range(ord("A"), ord("Z") + 1)} | {0x17F: "s", 0x212A: "k"}
_INT64 = 2**63


@dataclass(frozen=True)
class Number:
    """A number, as it is written."""

    text: str


@dataclass(frozen=True)
class Object:
    """An object: its members in their order, equal names included."""

    members: tuple[tuple[str, Value], ...]

    def last(self) -> dict[str, Value]:
        """The members as Go reads them into a map: names match exactly, and the last one wins."""
        return dict(self.members)

    def fields(self, *names: str) -> Iterator[tuple[str, Value]]:
        """The members as Go reads them into a struct: in order, names matched in any letter case.

        Args:
            names: those of the struct's fields.

        Yields:
            The field's name, not the member's, and the value; other members are left out.
        """
        known = {folded(name): name for name in names}
        for name, value in self.members:
            if folded(name) in known:
                yield known[folded(name)], value


Value = bool | str | Number | list["Value"] | Object | None


class NotJsonError(ValueError):
    """The text is not JSON."""


class TooDeepError(ValueError):
    """The text is nested more deeply than Python reads, which may still be JSON to Go."""


class WrongTypeError(ValueError):
    """A value has another type than the one that is read; the text names the type that it has."""


def parse(content: bytes) -> Value:
    """Read a JSON document.

    Raises:
        NotJsonError: it is not one.
        TooDeepError: it cannot be read to its end.
    """
    # Every wrong byte becomes one surrogate here, and one U+FFFD in the end, as in Go.
    written = content.decode("utf-8", "surrogateescape")
    try:
        return _value(_DECODER.decode(written))
    except RecursionError as error:
        raise TooDeepError from error
    except ValueError as error:
        raise NotJsonError from error


def folded(name: str) -> str:
    """The name as Go compares the names of a struct's fields."""
    return name.translate(_FOLDED)


def text(value: Value, before: str = "") -> str:
    """Read a string; `null` leaves what was there before."""
    if value is None:
        return before
    if not isinstance(value, str):
        raise WrongTypeError(kind(value))
    return value


def texts(value: Value) -> list[str]:
    """Read an array of strings; `null` is an empty one, and an empty string inside."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise WrongTypeError(kind(value))
    for part in value:
        if not isinstance(part, str | None):
            message = f"an array that holds {kind(part)}"
            raise WrongTypeError(message)
    return [text(part) for part in value]


def object_of(value: Value) -> Object:
    """Read an object; `null` is an empty one."""
    if value is None:
        return Object(())
    if not isinstance(value, Object):
        raise WrongTypeError(kind(value))
    return value


def boolean(value: Value) -> bool:
    """Read a boolean; `null` is false."""
    if not isinstance(value, bool | None):
        raise WrongTypeError(kind(value))
    return bool(value)


def seconds(value: Value) -> int:
    """Read a time as go-oidc does: a number, or a string that holds one; fractions are cut.

    A number beyond 64 bits becomes the smallest one, as Go converts it on amd64.
    """
    written = value.text if isinstance(value, Number) else value
    if not isinstance(written, str) or not _NUMBER.fullmatch(written):
        raise WrongTypeError("text that is no number" if isinstance(value, str) else kind(value))
    if _INTEGER.fullmatch(written) and is_int64(found := int(written)):
        return found
    fraction = float(written)
    if abs(fraction) == float("inf"):
        message = "a number that is too large"
        raise WrongTypeError(message)
    return int(fraction) if is_int64(int(fraction)) else -_INT64


def is_int64(number: int) -> bool:
    """Whether Go's int64 can hold it."""
    return -_INT64 <= number < _INT64


def kind(value: Value) -> str:
    """The type of a value, as a sentence names it."""
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    named: Mapping[type, str] = {
        type(None): "null",
        str: "text",
        Number: "a number",
        list: "an array",
        Object: "an object",
    }
    return named[type(value)]


def is_representable(value: Value) -> bool:
    """Whether Go can read the value into an interface: no number is too large for a float64."""
    numbers = (part for part in _parts(value) if isinstance(part, Number))
    return all(abs(float(number.text)) != float("inf") for number in numbers)


def has_duplicates(value: Value) -> bool:
    """Whether an object in it has two members of one name, which go-jose refuses."""
    objects = (part for part in _parts(value) if isinstance(part, Object))
    return any(len(one.last()) < len(one.members) for one in objects)


def _parts(value: Value) -> Iterator[Value]:
    """The value and all that it holds, however deeply it is nested."""
    left = [value]
    while left:
        part = left.pop()
        yield part
        if isinstance(part, list):
            left += part
        elif isinstance(part, Object):
            left += [inner for _, inner in part.members]


def _object(pairs: list[tuple[str, Value]]) -> Object:
    return Object(tuple((_text(name), _value(value)) for name, value in pairs))


def _value(value: Value) -> Value:
    if isinstance(value, list):
        return [_value(part) for part in value]
    return _text(value) if isinstance(value, str) else value


def _text(given: str) -> str:
    return _SURROGATES.sub("\ufffd", given)


def _refuse(constant: str) -> NoReturn:
    raise NotJsonError(constant)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=_refuse
)
