"""The published rules of an update: what the API refuses before it looks at the cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from lab.api.refusal import Violation

OIDC_LEAVES = (
    "adminGroupBinding",
    "ca",
    "clientId",
    "groupsClaim",
    "groupsPrefix",
    "issuerUrl",
    "requiredClaim",
    "signingAlgorithms",
    "usernameClaim",
    "usernamePrefix",
)
WEBHOOK_LEAVES = ("ca", "server")
ALGORITHMS = ("SIGNING_ALGORITHM_UNSPECIFIED", "SIGNING_ALGORITHM_RS256")  # in the enum's order

_WEBHOOK = dict.fromkeys(WEBHOOK_LEAVES, "string")
# The update message; a type in brackets is a list, a nested table is a message.
SCHEMA: Mapping[str, Any] = {
    "id": "string",
    "version": "string",
    "updateMask": "mask",
    "public": "bool",
    "disableOidcInfoPublication": "bool",
    "auditPolicy": "string",
    "kubelet": "object",
    "additionalServerSans": ["string"],
    "oidc": dict.fromkeys(OIDC_LEAVES, "string") | {"signingAlgorithms": ["algorithm"]},
    "authnWebhook": _WEBHOOK,
    "authzWebhook": _WEBHOOK,
    "tailscale": {"clientId": "string"},
    "network": {
        "internalLbCidrNames": ["string"],
        "serviceNodePortRange": {"start": "int", "end": "int"},
    },
}
# Blocks that an update changes by leaf; a path of a whole one is refused, because
# what it would replace is unproven.
BLOCKS = {name: tuple(shape) for name, shape in SCHEMA.items() if isinstance(shape, dict)}
MASK_PATHS = frozenset(
    [f"{block}.{leaf}" for block, leaves in BLOCKS.items() for leaf in leaves]
    + [name for name in SCHEMA if name not in BLOCKS and name not in ("id", "updateMask")]
)
_MASK = re.compile(r"[a-zA-Z0-9.]+(,[a-zA-Z0-9.]+)*")
_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:[\w\-.~:/?\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*"
    r"(?:#(?:[\w\-.~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)?",
    re.ASCII,
)
_URI_FIELDS = (("oidc", "issuerUrl"), ("authnWebhook", "server"), ("authzWebhook", "server"))


class DecodingError(Exception):
    """The body is not the update message."""


def decode(body: object, *, tolerant: bool = False) -> dict[str, Any]:
    """Check the shape and the names of a body, strictly; its values come later.

    A null is an absent field. Tolerant means that unknown fields and algorithm names
    are dropped without a word.

    Raises:
        DecodingError: with the text that a decoder would give.
    """
    if not isinstance(body, dict):
        text = "syntax error: unexpected token"
        raise DecodingError(text)
    update: dict[str, Any] = _known(body, SCHEMA) if tolerant else body
    for problem in _problems(update, SCHEMA, ""):
        raise DecodingError(problem)
    return {k: v for k, v in update.items() if v is not None}


def _known(value: Any, shape: Any) -> Any:
    if isinstance(shape, Mapping) and isinstance(value, dict):
        return {k: _known(v, shape[k]) for k, v in value.items() if k in shape}
    if shape == ["algorithm"] and isinstance(value, list):
        return [name for name in value if _is_of(name, "algorithm")]
    return value


def _problems(value: Any, shape: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            yield f"invalid value for field {path}: {value!r}"
            return
        for name, below in value.items():
            inner = f"{path}.{name}".lstrip(".")
            if name in shape:
                yield from _problems(below, shape[name], inner)
            else:
                yield f'unknown field "{inner}"'
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"invalid value for repeated field {path}: {value!r}"
            return
        for element in value:
            if not _is_of(element, shape[0]):
                yield f"invalid value for {shape[0]} field {path}: {element!r}"
    elif not _is_of(value, shape):
        yield f"invalid value for {shape} field {path}: {value!r}"


def _is_of(value: object, kind: str) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    match kind:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return whole
        case "object":
            return isinstance(value, dict)
        case "algorithm":
            return value in ALGORITHMS or (whole and value in range(len(ALGORITHMS)))
        case "mask":
            return isinstance(value, str) and (not value or bool(_MASK.fullmatch(value)))
        case _:
            return isinstance(value, str)


def violations(body: Mapping[str, Any]) -> list[Violation]:
    """The validation rules of the schema, applied to the raw body whatever the mask says."""
    return [*_uris(body), *_lists(body), *_ranges(body)]


def _uris(body: Mapping[str, Any]) -> Iterator[Violation]:
    for block, leaf in _URI_FIELDS:
        if block in body:
            value = body[block].get(leaf) or ""
            path = f"{_snake(block)}.{_snake(leaf)}"
            if not value:
                yield path, "value is empty, which is not a valid URI"
            elif not _is_uri(value):
                yield path, "value must be a valid URI"


def _lists(body: Mapping[str, Any]) -> Iterator[Violation]:
    sans = body.get("additionalServerSans") or []
    if len(sans) > 10:
        yield "additional_server_sans", "value must contain no more than 10 item(s)"
    names = (body.get("network") or {}).get("internalLbCidrNames") or []
    for path, value in (
        ("additional_server_sans", sans),
        ("network.internal_lb_cidr_names", names),
    ):
        if len(set(value)) < len(value):
            yield path, "repeated value must contain unique items"


def _ranges(body: Mapping[str, Any]) -> Iterator[Violation]:
    ports = (body.get("network") or {}).get("serviceNodePortRange")
    if ports is not None:
        path = "network.service_node_port_range"
        start, end = ports.get("start") or 0, ports.get("end") or 0
        for leaf, port in (("start", start), ("end", end)):
            if not 1 <= port <= 65535:
                yield (
                    f"{path}.{leaf}",
                    "value must be greater than or equal to 1 and less than or equal to 65535",
                )
        if end < start:
            yield path, "end must be greater than or equal to start"
    if len((body.get("tailscale") or {}).get("clientId") or "") > 255:
        yield "tailscale.client_id", "value length must be at most 255 characters"


def unknown_paths(mask: str) -> list[str]:
    """The paths of a mask that the update message does not have."""
    return [path for path in mask.split(",") if path and path not in MASK_PATHS]


def _is_uri(value: str) -> bool:
    if not _URI.fullmatch(value):
        return False
    try:
        _port = urlsplit(value).port  # raises for a port that is no number
    except ValueError:
        return False
    return True


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda m: f"_{m[0].lower()}", name)
