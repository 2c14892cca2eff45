"""What a command of the engine left behind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lab.api.emulator import Logged


@dataclass
class Run:
    """The exit code of one command, all that it printed, and all that it sent."""

    code: int
    text: str
    requests: list[Logged]

    @property
    def sent(self) -> list[str]:
        """Method and target of each request."""
        return [f"{r.method} {r.path.rpartition('/')[2]}" for r in self.requests]

    @property
    def patches(self) -> list[dict[str, Any]]:
        """The body of each PATCH."""
        return [r.body for r in self.requests if r.method == "PATCH"]

    def answers(self, cluster_id: str) -> list[int]:
        """The status of each PATCH of one cluster; 0 is a connection that was cut."""
        return [r.status for r in self._patches_of(cluster_id)]

    def masks(self, cluster_id: str) -> list[str]:
        """The update mask of each PATCH of one cluster, refused ones included."""
        return [r.body["updateMask"] for r in self._patches_of(cluster_id)]

    def said(self, resource: str) -> list[str]:
        """What the diagnostics at the end say about one resource, line by line."""
        diagnostics = self.text.partition("\nDiagnostics:\n")[2]
        found = re.search(rf"^  \S+ \({re.escape(resource)}\):\n((?:    .*\n)+)", diagnostics, re.M)
        return [line.strip() for line in found[1].splitlines()] if found else []

    def rows(self, resource: str, doing: str) -> list[str]:
        """The lines about one resource while the engine is doing something to it."""
        return [line for line in self.text.splitlines() if f" {resource} {doing} " in line]

    def _patches_of(self, cluster_id: str) -> list[Logged]:
        return [
            r for r in self.requests if r.method == "PATCH" and r.path.endswith(f"/{cluster_id}")
        ]
