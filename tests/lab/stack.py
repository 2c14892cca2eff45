"""A stack for Keycloak on the real engine, and people who log in with its kubeconfigs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from lab import browser
from lab.state import CHECKOUT
from tests.program import copy_program

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

STACK = "keycloak"
STACK_FILE = f"stacks/Pulumi.{STACK}.yaml"


class Person:
    """Somebody with the stack's kubeconfig, the real kubelogin and an empty cache of tokens."""

    def __init__(self, lab: Lab, email: str, home: Path, kubeconfig: str) -> None:
        self._lab = lab
        browser.install(home / "bin", email)
        (home / "config").write_text(kubeconfig)
        self._more = {
            "HOME": str(home),
            "KUBECONFIG": str(home / "config"),
            "PATH": f"{home / 'bin'}{os.pathsep}{lab.variables['PATH']}",
        }
        (user,) = yaml.safe_load(kubeconfig)["users"]
        self._login = [user["user"]["exec"]["command"], *user["user"]["exec"]["args"]]

    def kubectl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._lab.run("kubectl", *arguments, **self._more)

    def is_known(self) -> bool:
        return self.kubectl("auth", "whoami").returncode == 0

    def who(self) -> tuple[str, list[str]]:
        """The user name and the groups under which kube-apiserver knows the person."""
        self._lab.eventually(self.is_known)  # it looks for the issuer every ten seconds only
        told = json.loads(self.kubectl("auth", "whoami", "--output=json").stdout)
        user = told["status"]["userInfo"]
        return user["username"], [g for g in user["groups"] if g != "system:authenticated"]

    def token(self) -> str:
        run = self._lab.run(*self._login, KUBERNETES_EXEC_INFO="", **self._more)
        assert run.returncode == 0, run.stderr
        token: str = json.loads(run.stdout)["status"]["token"]
        return token


class Stack:
    """The stack file for Keycloak, in a copy of the project."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._lab = lab
        self._folder = folder
        copy_program(folder)
        shutil.copy(CHECKOUT / STACK_FILE, folder / STACK_FILE)
        self._pulumi("stack", "init", STACK)
        self._file = yaml.safe_load((folder / STACK_FILE).read_text())

    def up(self, *bindings: dict[str, Any], waives: bool = True, **identity: str) -> str:
        """Bring the cluster to the stack file with these changes; returns what is printed."""
        config = dict(self._file["config"])
        if not waives:
            del config["cks-access:waivers"]
        config["cks-access:identity"] = config["cks-access:identity"] | identity
        config["cks-access:bindings"] = [*config["cks-access:bindings"], *bindings]
        changed = self._file | {"config": config}
        (self._folder / STACK_FILE).write_text(yaml.safe_dump(changed))
        return self._pulumi("up", "--yes", "--skip-preview")

    def log_in(self, email: str, home: Path) -> Person:
        return Person(self._lab, email, home, self._pulumi("stack", "output", "kubeconfig"))

    def _pulumi(self, *arguments: str) -> str:
        run = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self._folder,
            env=os.environ | self._lab.variables,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout
