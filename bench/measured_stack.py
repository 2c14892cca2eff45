"""A stack of this program before an emulated CKS API, whose commands are measured."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.measured_process import Measured, run
from lab.api import fleet
from lab.api.emulator import Answer, Emulator, Logged, Request
from lab.api.server import serve

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = ROOT / ".tools" / "pulumi-home" / "plugins"
_COMMAND = ("pulumi", "--non-interactive", "--color", "never")
_PROGRAM = ("Pulumi.yaml", "__main__.py")
_LINKED = ("cks_components", ".venv")
EMPTY = "import pulumi\n"
"""A program that declares nothing."""
_PASSPHRASE = "bench"  # noqa: S105 - of a state that is thrown away
_LONGEST_SECONDS = 900.0


class CommandError(Exception):
    """A command that is measured failed; the text is what it printed."""


class _Distant:
    """The API with the latency of a network."""

    def __init__(self, emulator: Emulator, seconds: float) -> None:
        self._emulator = emulator
        self._seconds = seconds

    def answer(self, request: Request) -> Answer:
        answer = self._emulator.answer(request)
        return replace(answer, delay=answer.delay + self._seconds)


@dataclass(frozen=True)
class Command:
    """A command that was measured, and the requests that it sent to the API."""

    measured: Measured
    requests: Sequence[Logged]


@dataclass(frozen=True)
class MeasuredStack:
    """A stack whose commands are measured."""

    folder: Path
    environment: Mapping[str, str]
    emulator: Emulator
    name: str

    def write(self, **settings: Any) -> None:
        """Write the stack file, without its `cks-access:`."""
        path = self.folder / "stacks" / f"Pulumi.{self.name}.yaml"
        config = {f"cks-access:{key}": value for key, value in settings.items()}
        path.write_text(json.dumps({"config": config}))  # JSON is YAML

    def pulumi(self, *arguments: str, may_fail: bool = False) -> Command:
        """Run a command.

        Raises:
            CommandError: it failed.
        """
        before = len(self.emulator.requests)
        command = [*_COMMAND, *arguments, "--stack", self.name]
        measured = run(command, self.folder, self.environment, timeout=_LONGEST_SECONDS)
        if measured.code and not may_fail:
            message = f"{' '.join(command)}\n{measured.output}"
            raise CommandError(message)
        return Command(measured, self.emulator.requests[before:])


@contextmanager
def api(
    clusters: Sequence[Mapping[str, Any]],
    *,
    settle_seconds: float = 0.0,
    latency_seconds: float = 0.0,
    token: str = "",
) -> Iterator[tuple[Emulator, dict[str, str]]]:
    """An emulated API, and the variables by which the program finds it; by default a new token."""
    token = token or "CW-SECRET-" + os.urandom(8).hex()
    emulator = Emulator(map(dict, clusters), token=token, update_seconds=settle_seconds)
    with serve(_Distant(emulator, latency_seconds)) as url:
        yield emulator, {"COREWEAVE_API_TOKEN": token, "COREWEAVE_API_ENDPOINT": url}


@contextmanager
def stack(
    emulator: Emulator,
    variables: Mapping[str, str],
    *,
    name: str = "bench",
    program: Mapping[str, str] | None = None,
) -> Iterator[MeasuredStack]:
    """A new stack in a folder and a backend of its own.

    Args:
        emulator: of the API.
        variables: of the environment, beside this process's own.
        name: of the stack.
        program: the text of each file of another program than this project's.
    """
    with tempfile.TemporaryDirectory(prefix="cks-access-bench-") as made:
        folder = Path(made)
        (folder / "project" / "stacks").mkdir(parents=True)
        (folder / "state").mkdir()
        for file in _PROGRAM:
            shutil.copy(ROOT / file, folder / "project" / file)
        for linked in _LINKED:
            (folder / "project" / linked).symlink_to(ROOT / linked)
        for file, text in (program or {}).items():
            (folder / "project" / file).write_text(text)
        (folder / "home").mkdir()
        (folder / "home" / "plugins").symlink_to(PLUGINS)
        environment = {
            **usual_environment(),
            **variables,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        made_stack = MeasuredStack(folder / "project", environment, emulator, name)
        made_stack.pulumi("stack", "init", "--no-select")
        yield made_stack


def usual_environment() -> dict[str, str]:
    """This process's environment, but Python keeps what it has compiled, as by default."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def pinned(clusters: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Clusters as a stack file pins them, so that nothing has to be looked up."""
    return [
        {"id": c["id"], "alias": c["name"], "endpoint": fleet.endpoint(c["name"])} for c in clusters
    ]


def fleet_of(count: int) -> list[dict[str, Any]]:
    """So many clusters with nothing set."""
    return [fleet.cluster(f"00000000-0000-4000-8000-{n:012d}", f"c{n}") for n in range(count)]
