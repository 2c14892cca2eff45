"""A person gets in through the unmanaged endpoint, and only there."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cks_components.kubernetes import kubeconfig
from lab import browser
from lab.issuer import provider
from lab.state import State

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

OIDC = {
    "issuerUrl": provider.URL,
    "clientId": provider.CLIENT,
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "lab:",
}
NAMESPACES = "/api/v1/namespaces"


def test_each_endpoint_refuses_the_credentials_of_the_other(lab: Lab) -> None:
    unmanaged = f"api.{lab.host}"

    assert lab.get(lab.host, NAMESPACES, lab.token).status_code == 200
    assert lab.get(unmanaged, NAMESPACES, lab.token).status_code == 401
    assert lab.get(lab.host, NAMESPACES, "eyJ.not.coreweave").status_code == 401


def test_a_host_that_is_not_of_the_lab_is_never_reached(lab: Lab) -> None:
    run = lab.run("curl", "-sS", "--max-time", "5", "https://example.com")

    assert run.returncode != 0
    assert "502" in run.stderr


@pytest.fixture
def person(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    """A kubeconfig as the stack hands it out, and a browser that logs alice in."""
    lab.trust(OIDC)
    login = kubeconfig.Login(
        issuer_url=provider.URL, client_id=provider.CLIENT, extra_scopes=("email", "groups")
    )
    text = kubeconfig.build_kubeconfig(
        "local-east",
        server=kubeconfig.unmanaged_server(lab.host),
        user="alice",
        credential=kubeconfig.person_credential(login),
    )
    path = tmp_path / "kubeconfig.yaml"
    path.write_text(text)
    browser.install(tmp_path / "bin", "alice@example.com")
    yield path
    lab.configure(oidc=None)


def test_alice_logs_in_with_the_real_kubelogin_and_is_who_her_token_says(
    lab: Lab, person: Path
) -> None:
    path = f"{person.parent / 'bin'}{os.pathsep}{lab.variables['PATH']}"
    more = {"PATH": path, "HOME": str(person.parent), "KUBECONFIG": str(person)}
    texts: list[str] = []

    def logged_in() -> bool:
        run = lab.run("kubectl", "auth", "whoami", **more)
        texts.append(run.stdout + run.stderr)
        return run.returncode == 0

    lab.eventually(logged_in)

    assert "alice@example.com" in texts[-1]
    assert "lab:ml-engineers" in texts[-1]
    refused = lab.run("kubectl", "get", "secrets", "-A", **more)
    assert 'User "alice@example.com" cannot list resource "secrets"' in refused.stderr


def test_a_crashed_lab_is_cleaned_up_by_the_next_up(
    tmp_path: Path, command: Callable[[str, Path], int]
) -> None:
    assert command("up", tmp_path) == 0
    first = State(tmp_path).processes()
    os.kill(first[0].pid, signal.SIGKILL)

    assert command("up", tmp_path) == 0
    second = State(tmp_path).processes()
    assert command("down", tmp_path) == 0

    assert len(first) == len(second) == 4
    assert not any(p.is_running() and p.status() != "zombie" for p in [*first, *second])
