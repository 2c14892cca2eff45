"""The lab: a real kube-apiserver behind both endpoints, an issuer, and our way to all of them."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab import environment
from lab.api import fleet
from lab.state import CHECKOUT, State


class Lab:
    """A running lab and a client with its proxy and its trusted root."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.variables = environment.variables(state)
        self.host = fleet.endpoint("local-east")
        self.http = httpx.Client(
            proxy=self.variables["HTTPS_PROXY"],
            verify=ssl.create_default_context(cafile=self.variables["SSL_CERT_FILE"]),
            timeout=40,
        )
        self.token = self.variables["COREWEAVE_API_TOKEN"]

    def get(self, host: str, path: str, token: str) -> httpx.Response:
        return self.http.get(f"https://{host}{path}", headers={"Authorization": f"Bearer {token}"})

    def trust(self, oidc: dict[str, Any] | None) -> None:
        """PATCH the oidc block by hand, as the vendor's guide does, and wait until it landed."""
        url = f"https://api.coreweave.com/v1beta1/cks/clusters/{fleet.CONTROL_PLANE}"
        headers = {"Authorization": f"Bearer {self.token}"}
        leaves = "adminGroupBinding,ca,clientId,groupsClaim,groupsPrefix,issuerUrl,requiredClaim,signingAlgorithms,usernameClaim,usernamePrefix"
        mask = ",".join(f"oidc.{leaf}" for leaf in leaves.split(","))
        body = {"id": fleet.CONTROL_PLANE, "version": "v1.36", "updateMask": mask}
        answer = self.http.patch(url, headers=headers, json=body | ({"oidc": oidc} if oidc else {}))
        assert answer.status_code == 200, answer.text
        self.eventually(
            lambda: (
                self.http.get(url, headers=headers).json()["cluster"]["status"] == "STATUS_RUNNING"
            )
        )

    @staticmethod
    def eventually(question: Callable[[], bool], seconds: float = 40) -> None:
        end = time.monotonic() + seconds
        while not question():
            assert time.monotonic() < end, "it did not become true in time"
            time.sleep(0.2)

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a program as a user in the lab's environment would."""
        return subprocess.run(
            command,
            env=os.environ | self.variables | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def lab_command(verb: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lab", verb, "--folder", str(folder), *more],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def command() -> Callable[[str, Path], int]:
    return lambda verb, folder: lab_command(verb, folder).returncode


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    up = lab_command("up", folder)
    assert up.returncode == 0, up.stdout + up.stderr
    running = Lab(State(folder))
    yield running
    running.http.close()
    assert lab_command("down", folder).returncode == 0
    assert State(folder).processes() == []
