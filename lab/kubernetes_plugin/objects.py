"""Objects as Kubernetes means them: what two inputs have in common, and what a state holds."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from lab.kubernetes_plugin import properties
from lab.kubernetes_plugin.properties import Properties

INPUTS = "__inputs"
INITIAL_API_VERSION = "__initialApiVersion"
FIELD_MANAGER = "__fieldManager"
_STORED = (INPUTS, INITIAL_API_VERSION, FIELD_MANAGER)
_READ_ONLY = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
# Maps of a person's own keys, where an empty text is a value; elsewhere the API drops it.
_FREE_MAPS = ("data", "stringData", "annotations", "labels")


def without_read_only(inputs: Mapping[str, Any]) -> Properties:
    """Inputs without the metadata that only the API server writes."""
    metadata = inputs.get("metadata")
    if not isinstance(metadata, dict):
        return dict(inputs)
    kept = {key: value for key, value in metadata.items() if key not in _READ_ONLY}
    return {**inputs, "metadata": kept}


def normalised(inputs: Mapping[str, Any]) -> Properties:
    """Inputs in one spelling: `stringData` as `data`, nothing empty, nothing read-only.

    Normalising twice is normalising once. Values not known yet stay as they are.
    """
    found = without_read_only(properties.plain(dict(inputs)))
    text = found.get("stringData")
    if (
        found.get("kind") == "Secret"
        and isinstance(text, dict)
        and not properties.has_unknown(text)
    ):
        encoded = {key: base64.b64encode(str(v).encode()).decode() for key, v in text.items()}
        found = {key: value for key, value in found.items() if key != "stringData"}
        found["data"] = {**(found.get("data") or {}), **encoded}
    kept: Properties = _without_empty(found, free=False)
    return kept


def pruned(live: Any, inputs: Any) -> Any:
    """The live object in the shape of the inputs: defaults and status go, drift stays."""
    if isinstance(live, dict) and isinstance(inputs, dict):
        return {key: pruned(live[key], inputs[key]) for key in inputs if key in live}
    if isinstance(live, list) and isinstance(inputs, list):
        known = [pruned(item, inputs[i]) for i, item in enumerate(live[: len(inputs)])]
        return known + live[len(inputs) :]
    return live


def state(
    inputs: Properties, live: Properties, marked: Properties, *, api_version: str, manager: str
) -> Properties:
    """What the engine stores: the live object, its inputs, and who manages its fields.

    Args:
        inputs: what was sent.
        live: what the API answered.
        marked: inputs in which secrets are marked; the result has the same marks.
        api_version: the version the object was first made with.
        manager: the field manager.
    """
    found = properties.mark_secrets(live, marked)
    text = marked.get("stringData")
    if isinstance(text, dict) and isinstance(found.get("data"), dict):
        found["data"] = properties.mark_secrets(found["data"], text)
    return {
        **found,
        INPUTS: properties.mark_secrets(inputs, marked),
        INITIAL_API_VERSION: api_version,
        FIELD_MANAGER: manager,
    }


def split_state(stored: Properties) -> tuple[Properties, Properties]:
    """Inputs and live object of a stored state, without marks."""
    found = properties.plain(stored)
    live = {key: value for key, value in found.items() if key not in _STORED}
    return found.get(INPUTS) or {}, live


def _without_empty(value: Any, *, free: bool) -> Any:
    if isinstance(value, list):
        return [_without_empty(item, free=False) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {k: _without_empty(item, free=k in _FREE_MAPS) for k, item in value.items()}
    return {k: v for k, v in kept.items() if v not in (None, {}, []) and (free or v != "")}
