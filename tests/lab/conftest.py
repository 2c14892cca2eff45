"""The lab for every test here: a real kube-apiserver behind both endpoints, an issuer, and clients."""

from __future__ import annotations

import fcntl
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab import environment, flags
from lab.api import fleet
from lab.state import CHECKOUT, State

PATIENCE_SECONDS = 120.0


def _home(state: State) -> Path:
    """A home of its own for the engine: notes of other stacks of this machine are taken for owners."""
    home = state.folder / "pulumi-home"
    home.mkdir(exist_ok=True)
    plugins = Path(environment.variables(state)["PULUMI_HOME"]) / "plugins"
    if not (home / "plugins").exists():
        (home / "plugins").symlink_to(plugins)
    return home


class Lab:
    """A running lab and a client with its proxy and its trusted root."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.variables = environment.variables(state) | {"PULUMI_HOME": str(_home(state))}
        self.host = fleet.endpoint("local-east")
        self.http = httpx.Client(
            proxy=self.variables["HTTPS_PROXY"],
            verify=ssl.create_default_context(cafile=self.variables["SSL_CERT_FILE"]),
            timeout=120,
        )
        self.token = self.variables["COREWEAVE_API_TOKEN"]
        self.control = environment.control(state)

    def get(self, host: str, path: str, token: str) -> httpx.Response:
        return self.http.get(f"https://{host}{path}", headers={"Authorization": f"Bearer {token}"})

    def post(self, host: str, path: str, token: str, body: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.post(f"https://{host}{path}", headers=headers, json=body)

    def who(self, token: str) -> httpx.Response:
        """Ask at the unmanaged endpoint whom kube-apiserver takes the bearer for."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        return self.post(f"api.{self.host}", path, token, body)

    def service_account_token(self) -> str:
        path = "/api/v1/namespaces/default/serviceaccounts/default/token"
        token: str = self.post(self.host, path, self.token, {}).json()["status"]["token"]
        return token

    @contextmanager
    def role(self, name: str, cluster_role: str, *, kind: str = "User") -> Iterator[None]:
        """Lend a user or a group a role in the namespace default, at the managed endpoint."""
        group = "rbac.authorization.k8s.io"
        path = f"/apis/{group}/v1/namespaces/default/rolebindings"
        body = {
            "metadata": {"generateName": "lab-"},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": cluster_role},
            "subjects": [{"apiGroup": group, "kind": kind, "name": name}],
        }
        answer = self.post(self.host, path, self.token, body)
        assert answer.status_code == 201, answer.text
        try:
            yield
        finally:
            made = f"https://{self.host}{path}/{answer.json()['metadata']['name']}"
            gone = self.http.delete(made, headers={"Authorization": f"Bearer {self.token}"})
            assert gone.status_code == 200, gone.text

    def configure(self, **blocks: dict[str, str] | None) -> None:
        """Change blocks of the cluster from outside, and wait until kube-apiserver has followed."""
        self.control.change(fleet.CONTROL_PLANE, **blocks)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is on its way, neither in the API nor in kube-apiserver."""

        def settled() -> bool:
            cluster, followed = self.control.cluster(fleet.CONTROL_PLANE), self.control.followed()
            if cluster["status"] != "STATUS_RUNNING" or followed is None:
                return False
            return followed.blocks == flags.blocks_of(cluster)

        self.eventually(settled)

    def trust(self, oidc: dict[str, Any] | None) -> None:
        """PATCH the oidc block by hand, as the vendor's guide does, and wait until it landed."""
        leaves = "adminGroupBinding,ca,clientId,groupsClaim,groupsPrefix,issuerUrl,requiredClaim,signingAlgorithms,usernameClaim,usernamePrefix"
        mask = ",".join(f"oidc.{leaf}" for leaf in leaves.split(","))
        self.patch(mask, **({"oidc": oidc} if oidc else {}))

    def patch(self, mask: str, **blocks: dict[str, Any]) -> None:
        """PATCH the cluster with the CoreWeave token, and wait until it landed."""
        url = f"https://api.coreweave.com/v1beta1/cks/clusters/{fleet.CONTROL_PLANE}"
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {"id": fleet.CONTROL_PLANE, "version": "v1.36", "updateMask": mask}
        answer = self.http.patch(url, headers=headers, json=body | blocks)
        assert answer.status_code == 200, answer.text
        self.eventually(
            lambda: (
                self.http.get(url, headers=headers).json()["cluster"]["status"] == "STATUS_RUNNING"
            )
        )

    @staticmethod
    def eventually(question: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
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
            timeout=300,
            check=False,
        )


def lab_command(verb: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    with _alone() if verb == "up" else nullcontext():
        return subprocess.run(
            [sys.executable, "-m", "lab", verb, "--folder", str(folder), *more],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@contextmanager
def _alone() -> Iterator[None]:
    """One lab at a time looks for free ports, whoever else on this machine starts one."""
    with (Path(tempfile.gettempdir()) / f"cks-lab-tests-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


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
