"""Names of objects: generated ones, their mark, and the identifiers the engine stores."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from lab.kubernetes_plugin.errors import NotCoveredError

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


def named(
    news: Mapping[str, Any], olds: Mapping[str, Any], *, base: str, seed: bytes, proposal: str = ""
) -> dict[str, Any]:
    """Inputs with a name: the program's, else the generated one they already had, else a new one.

    Args:
        news: what the program asks for.
        olds: the last inputs, empty for a new object.
        base: the resource's name, which a generated name begins with.
        seed: makes a generated name repeatable.
        proposal: the engine's own proposal, which wins over ours.

    Raises:
        NotCoveredError: the API server is asked to make the name.
    """
    found = news.get("metadata", {})
    # A string is metadata that is not known yet; its name may be set.
    if not isinstance(found, dict) or found.get("name"):
        return dict(news)
    if found.get("generateName"):
        what = "metadata.generateName"
        raise NotCoveredError(what)
    if not olds:
        return _with_generated_name(news, proposal or f"{base}-{suffix(seed)}")
    if is_autonamed(olds):
        return _with_generated_name(news, metadata(olds)["name"])
    return dict(news)


def identifier(live: Mapping[str, Any]) -> str:
    """`name` or `namespace/name`."""
    found = metadata(live)
    namespace, name = found.get("namespace", ""), found["name"]
    return f"{namespace}/{name}" if namespace else str(name)


def split_identifier(identifier: str) -> tuple[str, str]:
    """Namespace (may be empty) and name."""
    namespace, _, name = identifier.rpartition("/")
    return namespace, name


def _with_generated_name(properties: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = {**metadata(properties), "name": name}
    annotations = found.get("annotations", {})
    if isinstance(annotations, dict):
        found["annotations"] = {**annotations, AUTONAMED: "true"}
    return {**properties, "metadata": found}
