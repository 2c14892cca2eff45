"""The lab's control plane, for what bindings and pipelines cost."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.measured_stack import PLUGINS
from lab import __main__ as lab
from lab import environment
from lab.api import fleet
from lab.state import State

BINDINGS = [
    {"groups": [f"team-{n}"], "clusterRole": role}
    for n, role in enumerate(
        ("view", "edit", "admin", "system:discovery", "system:public-info-viewer")
    )
]
"""Five ClusterRoleBindings."""


@dataclass(frozen=True)
class ControlPlane:
    """A real kube-apiserver; every cluster has it, since its objects get names of their own.

    Attributes:
        variables: by which programs find it.
        token: which it accepts at its managed endpoint.
    """

    variables: dict[str, str] = field(repr=False)
    token: str = field(repr=False)

    @property
    def server(self) -> str:
        """The URL of the managed endpoint."""
        return f"https://{fleet.endpoint('local-east')}"

    def cluster(self, pinned: Mapping[str, str]) -> dict[str, Any]:
        """A cluster of a stack file that has this control plane, with a pipeline of its own."""
        pipeline = {
            "name": f"deployer-{pinned['alias']}",
            "namespace": "default",
            "clusterRole": "edit",
            "namespaces": ["default"],
        }
        return {**pinned, "servers": {"managed": self.server}, "automation": [pipeline]}


@contextmanager
def control_plane() -> Iterator[ControlPlane]:
    """Start a lab, and end it.

    Raises:
        RuntimeError: it did not start.
    """
    with tempfile.TemporaryDirectory(prefix="cks-access-bench-lab-") as made:
        state = State(Path(made) / "lab")
        try:
            if lab.up(state):
                message = "the lab did not start"
                raise RuntimeError(message)
            yield ControlPlane(environment.variables(state), state.token())
        finally:
            state.clean()


def plugin_is_the_labs() -> bool:
    """Whether the Kubernetes plugin is the lab's own, which is slower to start than the official one."""
    programs = PLUGINS.glob("resource-kubernetes-*/pulumi-resource-kubernetes")
    return any(program.read_bytes()[:2] == b"#!" for program in programs)
