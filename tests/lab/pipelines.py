"""A stack with pipelines on the lab's cluster: its stack file, the real engine, and what it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.program import copy_program, run_release

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

PIPELINE: dict[str, Any] = {
    "name": "deployer",
    "namespace": "ci",
    "createNamespace": True,
    "deleteNamespace": True,
    "clusterRole": "edit",
    "namespaces": ["default"],
}
EAST = {"name": "local-east"}
STORED = {"lifetime": "20m", "renewBefore": "5m"}
UP = ("up", "--yes", "--skip-preview")


class Project:
    """A stack of one cluster with pipelines and nothing else."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        copy_program(folder)
        state = folder / "state"
        state.mkdir()
        # A home of its own: notes of other stacks of this machine would be taken for owners.
        home = folder / "home"
        home.mkdir()
        (home / "plugins").symlink_to(Path(lab.variables["PULUMI_HOME"]) / "plugins")
        own = {"PULUMI_BACKEND_URL": f"file://{state}", "PULUMI_HOME": str(home)}
        self.variables = lab.variables | own
        self.texts: list[str] = []
        self.tokens: list[str] = []
        self.write()
        self.pulumi("stack", "init", "test")

    def write(self, **changes: Any) -> None:
        """Write the stack file with one pipeline."""
        self.write_pipelines(PIPELINE | changes)

    def write_pipelines(
        self, *pipelines: dict[str, Any], cluster: dict[str, Any] = EAST, **more: Any
    ) -> None:
        """Write the stack file with these pipelines of one cluster, and more keys."""
        config = {"cks-access:clusters": [cluster], "cks-access:automation": list(pipelines)}
        config |= {f"cks-access:{key}": value for key, value in more.items()}
        path = self.folder / "stacks" / "Pulumi.test.yaml"
        kept = yaml.safe_load(path.read_text()) if path.exists() else {}
        path.write_text(yaml.safe_dump(kept | {"config": config}))

    def run_release(self, release: str | None) -> None:
        """Run the package of an earlier release from now on, or with None the present one."""
        run_release(self.folder, release)

    def pulumi(self, *arguments: str, code: int = 0) -> str:
        text = self.run("pulumi", *arguments, "--non-interactive", "--color", "never", code=code)
        self.texts.append(text)
        return text

    def access(self, *arguments: str, code: int = 0) -> str:
        """Run our command line; returns what it printed on stdout alone."""
        command = (sys.executable, "-m", "cks_components.cli.command", *arguments)
        self.run(*command, code=code)
        return self.out

    def run(self, *command: str, code: int = 0, **more: str) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | self.variables | more,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        self.out, self.said = done.stdout, done.stderr
        return done.stdout + done.stderr

    def kubeconfig(self, name: str) -> Path:
        """Store the kubeconfig of the stored token, as a pipeline would."""
        command = ["pulumi", "stack", "output", "automationKubeconfigs", "--show-secrets", "--json"]
        text = json.loads(self.run(*command))["local-east"]["deployer"]
        (user,) = yaml.safe_load(text)["users"]
        self.tokens.append(user["user"]["token"])
        path = self.folder.parent / name
        path.write_text(text)
        return path

    def kubectl(self, kubeconfig: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.lab.run("kubectl", *arguments, KUBECONFIG=str(kubeconfig))

    def is_known(self, kubeconfig: Path) -> bool:
        return self.kubectl(kubeconfig, "auth", "whoami").returncode == 0

    def stored(self) -> str:
        """Everything that lies on disk and everything that the engine printed."""
        files = [p for p in self.folder.rglob("*") if p.is_file() and not p.is_symlink()]
        return "\n".join([*self.texts, *(p.read_text(errors="replace") for p in files)])
