"""How much processor time imports and verbs of the command line take before they do anything."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import NamedTuple

import click

from bench.measured_stack import usual_environment
from cks_components.cli.command import program

_ROUNDS = 5
_IMPORTS = {
    "Python alone": "pass",
    "pulumi": "import pulumi",
    "pydantic, and pulumi": "import pulumi, pydantic.main",
    "RBAC of pulumi-kubernetes, and pulumi": "import pulumi_kubernetes.rbac.v1",
    "the program": "import cks_components.stack.deployment",
    "the provider of OIDC": "import pulumi.dynamic, cks_components.cluster_oidc",
}


class StartUp(NamedTuple):
    """The least of a few processes, since whatever else runs can only add to it."""

    name: str
    cpu_milliseconds: float


def imports() -> list[StartUp]:
    """What importing takes, the start of Python included."""
    return [StartUp(name, _cost([sys.executable, "-c", code])) for name, code in _IMPORTS.items()]


def verbs() -> list[StartUp]:
    """What `--help` of each verb takes: its imports, and nothing else."""
    names = program.list_commands(click.Context(program))
    command = [sys.executable, "-m", "cks_components.cli.command"]
    return [StartUp(name, _cost([*command, name, "--help"])) for name in names]


def _cost(command: list[str]) -> float:
    _cpu_seconds(command)  # compiles, and fills the cache of files
    return 1000 * min(_cpu_seconds(command) for _ in range(_ROUNDS))


def _cpu_seconds(command: list[str]) -> float:
    process = subprocess.Popen(command, env=usual_environment(), stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"{' '.join(command)} failed"
        raise RuntimeError(message)
    return used.ru_utime + used.ru_stime
