"""Names of objects: generated ones, their mark, and the identifiers the engine stores."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

AUTONAMED = "pulumi.com/autonamed"
_SUFFIX_LENGTH = 8


def suffix(seed: bytes) -> str:
    """Eight hex digits; the same for the same seed, random without one."""
    if not seed:
        return secrets.token_hex(_SUFFIX_LENGTH // 2)
    return hashlib.sha256(seed).hexdigest()[:_SUFFIX_LENGTH]


def metadata(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The `metadata` of an object, empty where it has none (or one not known yet)."""
    found = properties.get("metadata")
    return found if isinstance(found, dict) else {}


def annotation(properties: Mapping[str, Any], name: str) -> str:
    """An annotation's text, empty where there is none."""
    annotations = metadata(properties).get("annotations")
    return str(annotations.get(name, "")) if isinstance(annotations, dict) else ""


def is_autonamed(properties: Mapping[str, Any]) -> bool:
    """Whether the name was made here and may change with a replacement."""
    return annotation(properties, AUTONAMED) == "true"


def with_generated_name(properties: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object under this name, marked as named by Pulumi."""
    found = metadata(properties)
    annotations = {**(found.get("annotations") or {}), AUTONAMED: "true"}
    return {**properties, "metadata": {**found, "name": name, "annotations": annotations}}


def identifier(live: Mapping[str, Any]) -> str:
    """`name` or `namespace/name`."""
    found = metadata(live)
    namespace, name = found.get("namespace", ""), found["name"]
    return f"{namespace}/{name}" if namespace else str(name)


def split_identifier(identifier: str) -> tuple[str, str]:
    """Namespace (may be empty) and name."""
    namespace, _, name = identifier.rpartition("/")
    return namespace, name
