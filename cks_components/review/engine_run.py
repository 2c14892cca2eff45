"""What a preview of the engine returned, printed and reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ORDER = ("create", "update", "replace", "delete")
_QUIET = ("same", "read")


@dataclass(frozen=True)
class EngineRun:
    """A command of the engine that has ended.

    Attributes:
        code: its exit code.
        out: what it printed: the planned changes.
        err: what it printed beside them: diagnostics, and errors from before its start.
        events: its event log; empty if it did not start.
    """

    code: int
    out: str
    err: str
    events: tuple[Mapping[str, Any], ...] = ()

    def said(self, *severities: str) -> list[str]:
        """The diagnostics of these severities, each text once."""
        return list(dict.fromkeys(self._said(severities)))

    def _said(self, severities: tuple[str, ...]) -> Iterator[str]:
        for event in self.events:
            found = event.get("diagnosticEvent") or {}
            if found.get("severity") in severities and not found.get("ephemeral"):
                yield str(found.get("message", "")).strip()

    @property
    def errors(self) -> list[str]:
        """Why it failed: its diagnostics, or what it printed before it could start."""
        printed = [line for line in self.err.splitlines() if line.strip()]
        return self.said("error") or printed or [f"it ended with exit code {self.code}"]

    @property
    def planned(self) -> dict[str, int]:
        """How many resources have each operation planned."""
        changes = self._changes()
        kinds = sorted((kind for kind in changes if kind not in _QUIET), key=_place)
        return {kind: changes[kind] for kind in kinds}

    @property
    def summary(self) -> str:
        """The planned changes on one line."""
        counted = [f"{number} to {kind}" for kind, number in self.planned.items()]
        unchanged = self._changes().get("same", 0)
        return ", ".join([*counted, f"{unchanged} unchanged"] if unchanged else counted) or "empty"

    def _changes(self) -> dict[str, int]:
        found = [event["summaryEvent"] for event in self.events if event.get("summaryEvent")]
        return dict(found[-1].get("resourceChanges") or {}) if found else {}


def _place(kind: str) -> tuple[int, str]:
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), kind)
