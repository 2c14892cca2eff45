"""A command of the engine that has ended: what it returned, printed and reported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ORDER = ("create", "update", "replace", "delete")
_STACK = "pulumi:pulumi:Stack"
_QUIET = ("same", "read", "refresh", "read-discard")
_OF_THE_ENGINE = "an unhandled error occurred: program exited with non-zero exit code"
_VERDICTS = {"preview failed", "update failed", "refresh failed"}
"""What the engine says after the reasons."""
_ERROR, _WARNING = "error: ", "warning:"
_URN = re.compile(r"\[urn=\S*::(.*)\]$", re.MULTILINE)
_PROVIDER = re.compile(r"^ *\[provider=.*\]\n", re.MULTILINE)
_KUBECONFIG = re.compile(r"^( *)kubeconfig *: \(yaml\) \{\n(?:\1 .*\n|\n)*\1\}\n+", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """What the engine did, or would do, to one resource.

    Attributes:
        operation: the engine's word, such as "update"; "same" if there is nothing to do.
        urn: the resource's.
        type: its type token.
        old: its outputs before, and `new` those after; empty if there is none.
    """

    operation: str
    urn: str
    type: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.urn.rpartition("::")[2]

    @property
    def is_change(self) -> bool:
        """Whether something is changed by it."""
        return self.operation not in _QUIET

    @property
    def changed_keys(self) -> list[str]:
        """The names of the outputs that differ, without those that begin with two underscores."""
        keys = sorted({*self.old, *self.new})
        return [k for k in keys if k[:2] != "__" and self.old.get(k) != self.new.get(k)]


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
        """The lines of the diagnostics of these severities, each once."""
        found = (
            line.strip()
            for diagnostic in self._diagnostics()
            if diagnostic["severity"] in severities and not diagnostic.get("ephemeral")
            for line in str(diagnostic["message"]).splitlines()
        )
        return list(dict.fromkeys(line for line in found if line))

    @property
    def errors(self) -> list[str]:
        """Why it failed: its diagnostics, or what it printed before it could start."""
        said = [
            line
            for line in self.said("error")
            if not line.startswith(_OF_THE_ENGINE) and line not in _VERDICTS
        ]
        lines = [line for line in self.err.splitlines() if line.strip()]
        first = next((n for n, line in enumerate(lines) if line.startswith(_ERROR)), 0)
        printed = [line.removeprefix(_ERROR) for line in lines[first:] if line[:8] != _WARNING]
        return said or printed or [f"it ended with exit code {self.code}"]

    @property
    def planned(self) -> dict[str, int]:
        """How many resources have each operation planned."""
        changes = self._changes()
        kinds = sorted((kind for kind in changes if kind not in _QUIET), key=_place)
        return {kind: changes[kind] for kind in kinds}

    @property
    def deleted(self) -> list[str]:
        """The type of each resource whose deletion is planned."""
        steps = (e["resourcePreEvent"]["metadata"] for e in self.events if "resourcePreEvent" in e)
        return [str(step["type"]) for step in steps if step["op"] == "delete"]

    @property
    def steps(self) -> list[Step]:
        """The steps that are planned or done, in the order in which they ended."""
        found = (e["resOutputsEvent"]["metadata"] for e in self.events if "resOutputsEvent" in e)
        return [
            Step(s["op"], s["urn"], s["type"], _outputs(s, "old"), _outputs(s, "new"))
            for s in found
        ]

    @property
    def has_changes(self) -> bool:
        """Whether a resource or an output of the stack changes."""
        return any(s.is_change or (s.type == _STACK and s.changed_keys) for s in self.steps)

    @property
    def labels(self) -> dict[str, str]:
        """What rows of the engine's table say about resources, by their names."""
        return {
            str(d["urn"]).rpartition("::")[2]: str(d["message"]).strip()
            for d in self._diagnostics()
            if d.get("ephemeral") and d.get("urn") and d["severity"] == "info"
        }

    @property
    def summary(self) -> str:
        """The planned changes on one line."""
        counted = [f"{number} to {kind}" for kind, number in self.planned.items()]
        unchanged = self._changes().get("same", 0)
        return ", ".join([*counted, f"{unchanged} unchanged"] if unchanged else counted) or "empty"

    @property
    def plan(self) -> str:
        """The planned changes in detail, with the names of resources instead of their URNs.

        The kubeconfigs with which the engine itself reaches the clusters are left out; they follow
        from the addresses, and the outputs are no part of the plan either.
        """
        names = self.labels
        text = self.out.partition("\nResources:\n")[0]
        text = _KUBECONFIG.sub("", _PROVIDER.sub("", f"{text}\n"))

        def named(found: re.Match[str]) -> str:
            name = found[1]
            return f"[{name}: {names[name]}]" if name in names else f"[{name}]"

        return _URN.sub(named, text).strip()

    def _diagnostics(self) -> Iterator[Mapping[str, Any]]:
        return (event["diagnosticEvent"] for event in self.events if "diagnosticEvent" in event)

    def _changes(self) -> dict[str, int]:
        found = [event["summaryEvent"] for event in self.events if "summaryEvent" in event]
        return dict(found[-1].get("resourceChanges") or {}) if found else {}


def _outputs(step: Mapping[str, Any], version: str) -> Mapping[str, Any]:
    return (step.get(version) or {}).get("outputs") or {}


def _place(kind: str) -> tuple[int, str]:
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), kind)
