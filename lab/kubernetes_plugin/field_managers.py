"""Who manages an object's fields, and how ours comes to manage those it wrote in another way.

A plain create leaves its fields with an `Update` manager, and the API sees an `Apply` manager of
the same name as somebody else: without taking over, the first apply would conflict with ourselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Ways in which a person or an earlier plugin wrote the object before it was applied by us.
_TAKEN_OVER = {
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    ("pulumi-kubernetes", "Update"),
    ("pulumi-kubernetes.exe", "Update"),
    ("pulumi-resource-kubernetes", "Update"),
}

Entry = dict[str, Any]


def taken_over(live: Mapping[str, Any], manager: str) -> list[Entry] | None:
    """The entries after `manager` took over what is its own; None where there is nothing to take."""
    entries: list[Entry] = live["metadata"].get("managedFields") or []
    ours = [entry for entry in entries if _is_taken(entry, manager)]
    if not ours:
        return None
    applied = [entry for entry in entries if _is_applied(entry, manager)]
    fields: dict[str, Any] = {}
    for entry in [*applied, *ours]:
        fields = _union(fields, entry.get("fieldsV1") or {})
    merged = {**ours[-1], "manager": manager, "operation": "Apply", "fieldsV1": fields}
    return [merged, *(entry for entry in entries if entry not in ours and entry not in applied)]


def _is_taken(entry: Entry, manager: str) -> bool:
    key = (entry.get("manager"), entry.get("operation"))
    return not entry.get("subresource") and (key in _TAKEN_OVER or key == (manager, "Update"))


def _is_applied(entry: Entry, manager: str) -> bool:
    return (entry.get("manager"), entry.get("operation")) == (manager, "Apply")


def _union(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {key: _union(one.get(key) or {}, other.get(key) or {}) for key in sorted({*one, *other})}
