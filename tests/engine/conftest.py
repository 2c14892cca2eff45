"""The real engine: our own program and stack files, a file backend, and the emulator on loopback.

A missing program is a failure that says how to get it, never a skip. A command costs seconds, so
clusters share one where each can have a case of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.api import fleet
from lab.api.emulator import Emulator
from lab.api.server import serve
from tests.engine.breakpoint import Gate
from tests.engine.command_result import Run
from tests.engine.installed import built_wheel, environment_with
from tests.engine.running_command import Running
from tests.program import ROOT, copy_program, run_release

BARE = Path(__file__).resolve().parent / "bare"
LIBRARY = BARE.with_name("as_library")
ONLY_SECRETS = BARE.with_name("only_secrets")
PLUGIN_FREE = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
}
_COMMAND = ("pulumi", "--non-interactive", "--color", "never")
_YES = ("--yes", "--skip-preview")
_AT_ONCE = ("--parallel", "16")  # by default it depends on the machine


class Project:
    """One stack of a copy of this project, before an emulator."""

    def __init__(
        self, folder: Path, emulator: Emulator, environment: dict[str, str], gate: Gate
    ) -> None:
        self.folder = folder
        self.emulator = emulator
        self.environment = environment
        self.gate = gate
        self.texts: list[str] = []
        self._name = yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"]

    def write(self, **settings: Any) -> None:
        """Write the stack file: keys of `cks-access:`, or of what else the project is called."""
        self.write_stack("test", **settings)

    def write_stack(self, stack: str, /, **settings: Any) -> None:
        """Write the file of a stack."""
        config = {f"{self._name}:{key}": value for key, value in settings.items()}
        path = self.folder / "stacks" / f"Pulumi.{stack}.yaml"
        path.write_text(json.dumps({"config": config}))  # JSON is YAML

    def configure(self, plain: dict[str, str], secret: dict[str, str] | None = None) -> None:
        """Set values by their paths, as people do at a terminal."""
        values = [("--plaintext", plain), ("--secret", secret or {})]
        options = [
            p for kind, given in values for k, v in given.items() for p in (kind, f"{k}={v}")
        ]
        done = self.pulumi("config", "set-all", "--path", *options)
        assert done.code == 0, done.text

    def run_release(self, release: str | None) -> None:
        """Run the package of an earlier release from now on, or with None the present one."""
        run_release(self.folder, release)

    def urns(self) -> list[str]:
        """The URN of every resource in the state."""
        state = json.loads(self.pulumi("stack", "export").text)["deployment"]
        return [resource["urn"] for resource in state["resources"]]

    def names(self) -> list[str]:
        """The name of every resource in the state."""
        return [urn.rpartition("::")[2] for urn in self.urns()]

    def resources(self) -> dict[str, Any]:
        """The state as it lies in the backend."""
        state: dict[str, Any] = json.loads(self.pulumi("stack", "export").text)
        return state

    def import_state(self, state: dict[str, Any]) -> Run:
        """Put another state in the place of the present one."""
        path = self.folder.parent / "edited-state.json"
        path.write_text(json.dumps(state))
        return self.pulumi("stack", "import", "--file", str(path))

    def add_clusters(self, *names: str, **fields: Any) -> dict[str, str]:
        """Put more clusters on the emulator; gives their ids by name."""
        first = len(self.emulator.clusters())
        ids = {n: f"00000000-0000-4000-8000-{first + i:012d}" for i, n in enumerate(names)}
        for name, cluster_id in ids.items():
            self.emulator.add(fleet.cluster(cluster_id, name, **fields))
        return ids

    def pulumi(self, *arguments: str, environment: dict[str, str] | None = None) -> Run:
        """Run one command and collect what it printed and sent."""
        self.emulator.clear_requests()
        done = subprocess.run(
            [*_COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment | (environment or {}),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return self._ran(done.returncode, done.stdout + done.stderr)

    def up(self, *arguments: str) -> Run:
        """Bring the stack to what its file says, on all clusters at once."""
        return self.pulumi("up", *_YES, *_AT_ONCE, *arguments)

    def destroy(self) -> Run:
        """Take the stack away, from all clusters at once."""
        return self.pulumi("destroy", *_YES, *_AT_ONCE)

    @contextmanager
    def under_way(self, verb: str) -> Iterator[Running]:
        """Begin "up" or "destroy", to be disturbed; nothing of it outlives the block."""
        self.emulator.clear_requests()
        running = Running([*_COMMAND, verb, *_YES, *_AT_ONCE], self.folder, self.environment)
        try:
            yield running
        finally:
            running.end()
            self.gate.open()

    def finish(self, running: Running) -> Run:
        """Wait for the end of what is under way."""
        return self._ran(*running.finish())

    def pending(self) -> list[str]:
        """The resources of which the engine does not know how their last operation ended."""
        state = json.loads(self.pulumi("stack", "export").text)["deployment"]
        unfinished = state.get("pending_operations") or []
        return sorted(o["resource"]["urn"].rpartition("::")[2] for o in unfinished)

    def output(self, name: str) -> Any:
        return json.loads(self.pulumi("stack", "output", "--json").text)[name]

    def stored(self) -> str:
        """Everything that lies on disk and everything that was printed."""
        files = [p for p in self.folder.parent.rglob("*") if p.is_file() and not p.is_symlink()]
        return "\n".join([*self.texts, *(p.read_text(errors="replace") for p in files)])

    def _ran(self, code: int, text: str) -> Run:
        self.texts.append(text)
        return Run(code, text, list(self.emulator.requests))


@pytest.fixture(scope="session")
def empty_stacks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backend with an empty stack of each program: made once, since making one costs seconds."""
    folder = tmp_path_factory.mktemp("stacks")
    for program in (ROOT, BARE, LIBRARY):
        environment = _environment(folder / "home", folder)
        done = subprocess.run(
            [*_COMMAND, "stack", "init", "test", "--no-select"],
            cwd=copy_program(folder / program.name, program),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return folder / ".pulumi"


def _environment(home: Path, backend: Path) -> dict[str, str]:
    tools = ROOT / ".tools" / "bin"
    if not (tools / "pulumi").exists():
        pytest.fail('the Pulumi command line is missing: run "make setup"')
    return {
        **os.environ,
        **PLUGIN_FREE,
        "PATH": os.pathsep.join([str(ROOT / ".venv" / "bin"), str(tools), os.environ["PATH"]]),
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_HOME": str(home),
        "PULUMI_CONFIG_PASSPHRASE": "test",
    }


@contextmanager
def _project(folder: Path, stacks: Path, program: Path = ROOT) -> Iterator[Project]:
    copy = copy_program(folder / "project", program)
    shutil.copytree(stacks, folder / "state" / ".pulumi")
    with _served(folder, copy) as project:
        project.write()
        yield project


@contextmanager
def _served(folder: Path, copy: Path) -> Iterator[Project]:
    """A copy of a program in the folder, before an emulator."""
    token = "CW-SECRET-" + os.urandom(8).hex()
    emulator = Emulator(fleet.clusters(), token=token, update_seconds=0.6)
    gate = Gate(emulator)
    with serve(gate) as url:
        environment = _environment(folder / "home", folder / "state") | {
            "PULUMI_STACK": "test",
            "COREWEAVE_API_TOKEN": token,
            "COREWEAVE_API_ENDPOINT": url,
            "HTTPS_PROXY": "http://127.0.0.1:9",  # nobody listens: nothing goes beyond loopback
            "NO_PROXY": "127.0.0.1,localhost",
        }
        project = Project(copy, emulator, environment, gate)
        yield project
    assert token not in project.stored(), "a token lies in state, plan or output"


@pytest.fixture
def project(tmp_path: Path, empty_stacks: Path) -> Iterator[Project]:
    with _project(tmp_path, empty_stacks) as project:
        yield project


@pytest.fixture(scope="module")
def shared_project(
    tmp_path_factory: pytest.TempPathFactory, empty_stacks: Path
) -> Iterator[Project]:
    """One stack for a whole module: its tests look at what one course of commands left."""
    with _project(tmp_path_factory.mktemp("shared"), empty_stacks) as project:
        yield project


@pytest.fixture(scope="module")
def bare_project(tmp_path_factory: pytest.TempPathFactory, empty_stacks: Path) -> Iterator[Project]:
    """The same for the program of somebody who uses the package without our stack files."""
    with _project(tmp_path_factory.mktemp("bare"), empty_stacks, BARE) as project:
        yield project


@pytest.fixture
def library_project(tmp_path: Path, empty_stacks: Path) -> Iterator[Project]:
    """The same for a program whose arguments are outputs of its own resources."""
    with _project(tmp_path, empty_stacks, LIBRARY) as project:
        yield project


@pytest.fixture
def secretive_project(tmp_path: Path) -> Iterator[Project]:
    """The same for a program that holds every value secret."""
    (tmp_path / "state").mkdir()
    with _served(tmp_path, copy_program(tmp_path / "project", ONLY_SECRETS)) as project:
        assert project.pulumi("stack", "init", "test").code == 0
        yield project


@pytest.fixture(scope="session")
def installed_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that has the package from a wheel."""
    folder = tmp_path_factory.mktemp("installed")
    return environment_with(built_wheel(folder), folder / "environment")


@pytest.fixture
def example(tmp_path: Path, installed_package: Path) -> Iterator[Callable[[str], Project]]:
    """Starts a program of `examples/` by its folder, with an empty stack and the installed package."""
    with ExitStack() as started:

        def start(name: str) -> Project:
            copy = shutil.copytree(ROOT / "examples" / name, tmp_path / "project")
            (copy / ".venv").symlink_to(installed_package)
            (tmp_path / "state").mkdir()
            project = started.enter_context(_served(tmp_path, copy))
            project.environment.pop("PYTHONPATH", None)  # which may name the checkout
            project.environment["PATH"] = os.pathsep.join(
                [str(installed_package / "bin"), str(ROOT / ".tools" / "bin"), os.environ["PATH"]]
            )
            assert project.pulumi("stack", "init", "test").code == 0
            return project

        yield start
