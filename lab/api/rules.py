"""The published rules of an update: what the API refuses before it looks at the cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

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
BLOCKS = {"oidc": OIDC_LEAVES, "authnWebhook": WEBHOOK_LEAVES, "authzWebhook": WEBHOOK_LEAVES}
NETWORK_LEAVES = ("internalLbCidrNames", "serviceNodePortRange")
PLAIN = ("public", "version", "disableOidcInfoPublication", "auditPolicy", "kubelet")
_ALGORITHMS = ("SIGNING_ALGORITHM_UNSPECIFIED", "SIGNING_ALGORITHM_RS256", 0, 1)
_URI_FIELDS = (("oidc", "issuerUrl"), ("authnWebhook", "server"), ("authzWebhook", "server"))
MASK_PATHS = frozenset(
    [
        *PLAIN,
        "additionalServerSans",
        "tailscale.clientId",
        *(f"network.{leaf}" for leaf in NETWORK_LEAVES),
        *(f"{block}.{leaf}" for block, leaves in BLOCKS.items() for leaf in leaves),
    ]
)
_FIELDS = frozenset(
    ["id", "updateMask", "additionalServerSans", "tailscale", "network", *PLAIN, *BLOCKS]
)

Violation = tuple[str, str]


class DecodingError(Exception):
    """The body is not the update message."""


def decode(body: object) -> dict[str, Any]:
    """Check the body's shape and names, strictly; its values come later.

    Raises:
        DecodingError: with the text that a decoder would give.
    """
    if not isinstance(body, dict):
        text = "syntax error: unexpected token"
        raise DecodingError(text)
    for problem in _unknown(body):
        raise DecodingError(problem)
    return {k: v for k, v in body.items() if v is not None}


def _unknown(body: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(body.keys() - _FIELDS):
        yield f'unknown field "{name}"'
    for block, leaves in BLOCKS.items():
        value = body.get(block)
        if value is not None and not isinstance(value, dict):
            yield f"invalid value for field {block}"
        for name in sorted((value or {}).keys() - set(leaves)):
            yield f'unknown field "{block}.{name}"'
    oidc = body.get("oidc") or {}
    for name in oidc.get("signingAlgorithms") or []:
        if name not in _ALGORITHMS:
            yield f"invalid value for enum field signingAlgorithms: {name!r}"
    for leaf, value in oidc.items():
        if leaf != "signingAlgorithms" and not isinstance(value, str | None):
            yield f"invalid value for string field {leaf}: {value!r}"
    mask = body.get("updateMask")
    if mask is not None and not isinstance(mask, str):
        yield "invalid value for field updateMask"
    elif mask and not re.fullmatch(r"[a-zA-Z0-9.]+(,[a-zA-Z0-9.]+)*", mask):
        yield f"google.protobuf.FieldMask: invalid path in {mask!r}"


def violations(body: Mapping[str, Any]) -> list[Violation]:
    """The validation rules of the schema, applied to the raw body whatever the mask says."""
    found: list[Violation] = []
    for block, leaf in _URI_FIELDS:
        if block in body:
            value = body[block].get(leaf) or ""
            path = f"{_snake(block)}.{_snake(leaf)}"
            if not value:
                found.append((path, "value is empty, which is not a valid URI"))
            elif not _is_uri(value):
                found.append((path, "value must be a valid URI"))
    sans = body.get("additionalServerSans") or []
    if len(sans) > 10:
        found.append(("additional_server_sans", "value must contain no more than 10 item(s)"))
    if len(set(sans)) < len(sans):
        found.append(("additional_server_sans", "repeated value must contain unique items"))
    ports = (body.get("network") or {}).get("serviceNodePortRange")
    if ports is not None:
        start, end = ports.get("start", 0), ports.get("end", 0)
        if not (1 <= start <= 65535 and 1 <= end <= 65535):
            found.append(("network.service_node_port_range", "value must be in 1 to 65535"))
        elif end < start:
            found.append(("network.service_node_port_range", "end must not be below start"))
    return found


def unknown_paths(mask: str) -> list[str]:
    """The paths of a mask that the update message does not have."""
    return [path for path in mask.split(",") if path and path not in MASK_PATHS]


def _is_uri(value: str) -> bool:
    if any(c.isspace() for c in value):
        return False
    try:
        return bool(urlsplit(value).scheme)
    except ValueError:
        return False


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda m: f"_{m[0].lower()}", name)
