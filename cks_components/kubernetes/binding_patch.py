"""The request that adds subjects to a binding so that its own manager can change it afterwards.

Server-side apply refuses a change of fields that another manager has set, so the subjects are added
in the name of whoever manages them now, and by the operation by which that was done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_SUBJECTS = "f:subjects"
_OURS = "cks-access"


@dataclass(frozen=True)
class BindingPatch:
    """A PATCH of a binding.

    Attributes:
        manager: the field manager in whose name it is sent.
        content_type: of the body, which is JSON.
    """

    manager: str
    content_type: str
    body: Mapping[str, Any]


def adding(
    live: Mapping[str, Any], kind: str, subjects: Sequence[Mapping[str, str]]
) -> BindingPatch | None:
    """The patch that adds subjects to a binding; None if it has them all.

    Args:
        live: the binding as the API has it.
        kind: RoleBinding or ClusterRoleBinding.
        subjects: as the API writes them.
    """
    present = list(live.get("subjects") or ())
    names = {(s.get("kind"), s.get("name"), s.get("namespace") or "") for s in present}
    missing = [s for s in subjects if (s["kind"], s["name"], s.get("namespace", "")) not in names]
    if not missing:
        return None
    metadata, changed = live["metadata"], {"subjects": [*present, *missing]}
    version = {"resourceVersion": metadata.get("resourceVersion")}
    entry = _managing(metadata.get("managedFields") or ())
    manager = str(entry.get("manager") or _OURS)
    if entry.get("operation") != "Apply":
        return BindingPatch(manager, _MERGE, {"metadata": version, **changed})
    fields = entry["fieldsV1"].get("f:metadata") or {}
    named = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
    for key in ("labels", "annotations"):
        own = {name.removeprefix("f:") for name in fields.get(f"f:{key}") or {}}
        kept = {name: text for name, text in (metadata.get(key) or {}).items() if name in own}
        named |= {key: kept} if kept else {}
    body = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": named | version,
        "roleRef": live["roleRef"],
        **changed,
    }
    return BindingPatch(manager, _APPLY, body)


def _managing(entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Who has set the subjects; an empty mapping if that is not known."""
    owners = (entry for entry in entries if _SUBJECTS in (entry.get("fieldsV1") or {}))
    return next(owners, {})
