"""The real engine: our own program and stack files, a file backend, and the emulator on loopback.

A missing program is a failure that says how to get it, never a skip.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.api import fleet
from lab.api.emulator import Emulator, Logged
from lab.api.server import serve

ROOT = Path(__file__).resolve().parents[2]
PLUGIN_FREE = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
}


@dataclass
class Run:
    """What one command of the engine left behind."""

    code: int
    text: str
    requests: list[Logged]

    @property
    def sent(self) -> list[str]:
        return [f"{r.method} {r.path.rpartition('/')[2]}" for r in self.requests]

    @property
    def patches(self) -> list[dict[str, Any]]:
        return [r.body for r in self.requests if r.method == "PATCH"]


class Project:
    """One stack of a copy of this project, before an emulator."""

    def __init__(self, folder: Path, emulator: Emulator, environment: dict[str, str]) -> None:
        self.folder = folder
        self.emulator = emulator
        self.environment = environment
        self.texts: list[str] = []

    def write(self, **settings: Any) -> None:
        """Write the stack file: keys of `cks-access:`."""
        config = {f"cks-access:{key}": value for key, value in settings.items()}
        path = self.folder / "stacks" / "Pulumi.test.yaml"
        path.write_text(json.dumps({"config": config}))  # JSON is YAML

    def pulumi(self, *arguments: str, environment: dict[str, str] | None = None) -> Run:
        """Run one command and collect what it printed and sent."""
        self.emulator.requests.clear()
        done = subprocess.run(
            ["pulumi", "--non-interactive", "--color", "never", *arguments],
            cwd=self.folder,
            env=self.environment | (environment or {}),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        text = done.stdout + done.stderr
        self.texts.append(text)
        return Run(done.returncode, text, list(self.emulator.requests))

    def output(self, name: str) -> Any:
        return json.loads(self.pulumi("stack", "output", "--json").text)[name]

    def stored(self) -> str:
        """Everything that lies on disk and everything that was printed."""
        files = [p for p in self.folder.parent.rglob("*") if p.is_file() and not p.is_symlink()]
        return "\n".join([*self.texts, *(p.read_text(errors="replace") for p in files)])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    tools = ROOT / ".tools" / "bin"
    if not (tools / "pulumi").exists():
        pytest.fail('the Pulumi command line is missing: run "make setup"')
    folder = tmp_path / "project"
    (folder / "stacks").mkdir(parents=True)
    (tmp_path / "state").mkdir()
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("cks_components", ".venv"):
        (folder / name).symlink_to(ROOT / name)
    token = "CW-SECRET-" + os.urandom(8).hex()
    emulator = Emulator(fleet.clusters(), token=token, update_seconds=0.6)
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), str(tools), os.environ["PATH"]])
    with serve(emulator) as url:
        environment = {
            **os.environ,
            **PLUGIN_FREE,
            "PATH": path,
            "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
            "PULUMI_HOME": str(tmp_path / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "COREWEAVE_API_TOKEN": token,
            "COREWEAVE_API_ENDPOINT": url,
            "HTTPS_PROXY": "http://127.0.0.1:9",  # nobody listens: nothing goes beyond loopback
            "NO_PROXY": "127.0.0.1,localhost",
        }
        project = Project(folder, emulator, environment)
        project.write()
        assert project.pulumi("stack", "init", "test").code == 0
        yield project
    assert token not in project.stored(), "a token lies in state, plan or output"
