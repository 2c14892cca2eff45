"""What changes between a live object and new inputs, path by path, and what that makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lab.kubernetes_plugin import naming, objects
from lab.kubernetes_plugin.kinds import Kind

_MISSING = object()
_DEFAULT_NAMESPACE = "default"
Steps = tuple[str | int, ...]


class Change(Enum):
    """How a property changes."""

    ADD = "add"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class Difference:
    """One property that changes."""

    change: Change
    replaces: bool


@dataclass(frozen=True)
class Differences:
    """All properties that change.

    Attributes:
        found: by property path, as the engine writes paths.
        delete_first: the new object would have the old one's name.
    """

    found: Mapping[str, Difference]
    delete_first: bool

    @property
    def replaces(self) -> list[str]:
        """The paths that make a new object."""
        return [path for path, difference in self.found.items() if difference.replaces]


def between(
    kind: Kind,
    stored: Mapping[str, Any],
    new_inputs: Mapping[str, Any],
    *,
    ignored: Sequence[str] = (),
    secret_mutable: bool = False,
) -> Differences:
    """Compare a stored state with new inputs.

    Only what the old inputs had is compared, in its live value: defaults of the API are no
    difference, drift that a refresh found is one.
    """
    old_inputs, live = objects.split_state(dict(stored))
    new = _placed(kind, objects.normalised(new_inputs))
    shape = objects.normalised(old_inputs)
    old = _placed(kind, objects.normalised(objects.pruned(live, shape)))
    if naming.metadata(new).get("name"):
        # The name may have been made by the API server; only the live object knows it.
        old["metadata"] = {**old["metadata"], "name": naming.metadata(live)["name"]}
    immutable = kind.replacing(new, secret_mutable=secret_mutable)
    shown = _as_texts if "stringData" in new_inputs and "data" not in new_inputs else _as_they_are
    found = {
        written_path(shown(steps)): Difference(change, any(steps[: len(p)] == p for p in immutable))
        for steps, change in _changes((), old, new)
    }
    for path in list(found):
        if any(_is_within(path, within) for within in ignored):
            del found[path]
    return Differences(found, _delete_first(found, new, live))


def written_path(steps: Steps) -> str:
    """A property path: `metadata.labels["a.b/c"]`, `subjects[0].name`."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif any(character in step for character in '."[]'):
            escaped = step.replace('"', '\\"')
            path += f'["{escaped}"]'
        else:
            path += f".{step}" if path else step
    return path


def _as_they_are(steps: Steps) -> Steps:
    return steps


def _as_texts(steps: Steps) -> Steps:
    """A secret's path in the words of a program that gives texts."""
    return ("stringData", *steps[1:]) if steps[0] == "data" else steps


def _placed(kind: Kind, found: Mapping[str, Any]) -> dict[str, Any]:
    """With the namespace that counts: `default` for none, none for what has no namespace."""
    metadata = {k: v for k, v in naming.metadata(found).items() if k != "namespace"}
    if kind.namespaced:
        metadata["namespace"] = naming.metadata(found).get("namespace") or _DEFAULT_NAMESPACE
    # The type says both; a state read before an import may lack them.
    return {**found, "apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}


def _changes(path: Steps, old: Any, new: Any) -> list[tuple[Steps, Change]]:
    if new is _MISSING:
        return [(path, Change.DELETE)]
    if old is _MISSING:
        return [(path, Change.ADD)]
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(k, old.get(k, _MISSING), new.get(k, _MISSING)) for k in sorted({*old, *new})]
        return [c for key, was, now in pairs for c in _changes((*path, key), was, now)]
    if isinstance(old, list) and isinstance(new, list):
        length = max(len(old), len(new))
        before, after = (value + [_MISSING] * (length - len(value)) for value in (old, new))
        pairs = list(zip(range(length), before, after, strict=True))
        return [c for i, was, now in pairs for c in _changes((*path, i), was, now)]
    return (
        []
        if old == new and isinstance(old, bool) == isinstance(new, bool)
        else [(path, Change.UPDATE)]
    )


def _is_within(path: str, ignored: str) -> bool:
    return path == ignored or path.startswith((f"{ignored}.", f"{ignored}["))


def _delete_first(
    found: Mapping[str, Difference], new: Mapping[str, Any], live: Mapping[str, Any]
) -> bool:
    now, was = naming.metadata(new), naming.metadata(live)
    same = (now.get("name"), now.get("namespace")) == (was.get("name"), was.get("namespace"))
    return any(d.replaces for d in found.values()) and same and not naming.is_autonamed(new)
