"""Properties between the wire and plain Python: numbers, secrets, values not known yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format, struct_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# One constant for each type a value will have; the plain string is by far the most frequent.
_UNKNOWNS = {
    UNKNOWN,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark of a secret

Properties = dict[str, Any]


@dataclass(frozen=True)
class Secret:
    """A value that the engine keeps encrypted."""

    value: Any


def decode(struct: struct_pb2.Struct) -> Properties:
    """Properties as dictionaries, lists and scalars; nulls are left out, secrets are `Secret`."""
    decoded: Properties = _decoded(json_format.MessageToDict(struct))
    return decoded


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The wire form of what `decode` returns."""
    struct = struct_pb2.Struct()
    struct.update(_encoded(properties))
    return struct


def plain(value: Any) -> Any:
    """The same without marks: a secret becomes its value."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def has_unknown(value: Any) -> bool:
    """Whether anything within is only known after an update."""
    return any(item in _UNKNOWNS for item in _leaves(value) if isinstance(item, str))


def has_secret(value: Any) -> bool:
    """Whether anything within is secret."""
    return any(isinstance(item, Secret) for item in _leaves(value))


def mark_secrets(values: Properties, marked: Mapping[str, Any]) -> Properties:
    """`values` with everything secret that is secret in `marked`, and a Secret's data always.

    Maps are marked key by key; a list with one secret inside is secret as a whole, because an API
    may answer it in another order.
    """
    if values.get("kind") == "Secret":
        return values | {
            key: Secret(plain(values[key])) for key in ("data", "stringData") if key in values
        }
    return values | {
        key: _marked(value, marked[key]) for key, value in values.items() if key in marked
    }


def _marked(value: Any, marked: Any) -> Any:
    if isinstance(value, dict) and isinstance(marked, dict):
        return mark_secrets(value, marked)
    if has_secret(marked) and not isinstance(value, Secret):
        return Secret(value)
    return value


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Secret):
        return [value, *_leaves(value.value)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return Secret(_decoded(value.get("value")))
        return {key: _decoded(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _encoded(value: Any) -> Any:
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": _encoded(value.value)}
    if isinstance(value, Mapping):
        return {key: _encoded(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    return value
