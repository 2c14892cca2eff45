"""Reads the state of the running stack at the beginning of a run.

The engine tells a provider nothing about other resources, or about a resource that it replaces.
The program reads its own stack's state once, so that a cluster keeps its resources when its name
changes, and a replacement knows what was there before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import pulumi
from pulumi.runtime import settings

_FUNCTION = "pulumi:pulumi:readStackResourceOutputs"
_STACK_TYPE = "pulumi:pulumi:Stack"
_ATTEMPTS, _PAUSE_SECONDS = 20, 0.05
"""A file backend writes the state while we read it, so an attempt may find an incomplete file."""


@dataclass(frozen=True)
class StackState:
    """The outputs of every resource of the stack, by URN; empty for a new stack.

    It may hold secrets, so it is never shown.
    """

    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The outputs that the stack's last update exported."""
        return next((r["outputs"] for r in self.of_type(_STACK_TYPE)), {})

    def owned(self, type_token: str, cluster_id: str) -> Mapping[str, Any] | None:
        """The outputs of the resource of a type that owns a block of a cluster; None for none."""
        return next(iter(self.all_owned(type_token, cluster_id)), None)

    def all_owned(self, type_token: str, cluster_id: str) -> list[Mapping[str, Any]]:
        """The outputs of every resource of a type that manages something on a cluster."""
        return [r["outputs"] for r in self.on_cluster(cluster_id) if r.get("type") == type_token]

    def on_cluster(self, cluster_id: str) -> list[Mapping[str, Any]]:
        """Every resource that manages something on a cluster: its type and its outputs."""
        return self._by_cluster.get(cluster_id.lower(), [])

    def has_named(self, name: str) -> bool:
        """Whether a resource has a name, or one that 0.1 made of it for what lies in it."""
        names = [urn.rpartition("::")[2] for urn in self.resources]
        return any(f"{n}-".startswith(f"{name}-") for n in names)

    def of_type(self, type_token: str) -> list[Mapping[str, Any]]:
        """Every resource of a type: its type and its outputs."""
        return [r for r in self.resources.values() if r.get("type") == type_token]

    @cached_property
    def _by_cluster(self) -> Mapping[str, list[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for resource in self.resources.values():
            cluster_id = str(resource["outputs"].get("cluster_id", "")).lower()
            found.setdefault(cluster_id, []).append(resource)
        return found


def stack_state() -> StackState:
    """The state of the running stack as the program first read it; empty if it cannot be read."""
    return _read(settings.get_monitor())


@lru_cache(maxsize=1)
def _read(
    _monitor: object,
    sleep: Callable[[float], None] = time.sleep,  # noqa: TID251 - a test gives its own
) -> StackState:
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    for _ in range(_ATTEMPTS):
        try:
            answer = pulumi.runtime.invoke(_FUNCTION, {"stackName": stack}).value
        except Exception:  # noqa: BLE001 - without an answer the run goes on
            sleep(_PAUSE_SECONDS)
        else:
            return StackState((answer or {}).get("outputs") or {})
    return StackState()
