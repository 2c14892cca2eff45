"""A real Keycloak: its preset from `pulumi up` to a log-in, and the two traps that everybody meets.

The first run fetches Keycloak into .tools, which takes a minute or more.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.issuer import keycloak
from lab.state import CHECKOUT, State
from lab.tools.keycloak import get_keycloak, keycloak_java
from lab.tools.sources import MissingProgramError
from tests.lab.administrator import Administrator
from tests.lab.conftest import Lab, lab_command
from tests.lab.stack import Stack


@pytest.fixture(scope="module", autouse=True)
def fetched() -> None:
    """Keycloak is in .tools, wherever there is a Java for it."""
    try:
        keycloak_java(keycloak.PLACE)
    except MissingProgramError as error:
        pytest.skip(str(error))
    get_keycloak(keycloak.PLACE)


@pytest.fixture(scope="module")
def keycloak_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("keycloak")
    up = lab_command("up", folder, "--issuer", "keycloak")
    assert up.returncode == 0, up.stdout + up.stderr
    running = Lab(State(folder))
    processes = running.state.processes()
    yield running
    running.http.close()
    assert lab_command("down", folder).returncode == 0
    assert not any(process.is_running() for process in processes)


@pytest.fixture(scope="module")
def stack(keycloak_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return Stack(keycloak_lab, tmp_path_factory.mktemp("project"))


@pytest.fixture
def administrator(keycloak_lab: Lab) -> Administrator:
    return Administrator(keycloak_lab.http)


def test_a_person_logs_in_and_the_groups_arrive_with_their_prefix(
    stack: Stack, tmp_path: Path
) -> None:
    stack.up()

    alice = stack.log_in("alice@example.com", tmp_path)

    assert alice.who() == ("kc:alice", ["kc:ml-engineers"])
    allowed = alice.kubectl("get", "configmaps", "--namespace=default")
    assert allowed.returncode == 0, allowed.stderr
    refused = alice.kubectl("get", "nodes")
    assert 'User "kc:alice" cannot list resource "nodes"' in refused.stderr


def test_a_full_group_path_is_another_name_than_the_one_that_is_bound(
    stack: Stack, administrator: Administrator, tmp_path: Path
) -> None:
    said = stack.up(
        {"groups": ["ops"], "clusterRole": "view", "namespaces": ["default"]}, waives=False
    )
    assert '"ops" is a name, but Keycloak\'s mapper sends a path such as "/eng/ops"' in said
    administrator.add_group("eng", "ops")
    dave = administrator.add_person("dave", groups=["/eng/ops"])

    with administrator.full_group_paths():
        with_path = stack.log_in(dave, tmp_path / "with path")
        assert with_path.who() == ("kc:dave", ["kc:/eng/ops"])
    without_path = stack.log_in(dave, tmp_path / "without path")
    assert without_path.who() == ("kc:dave", ["kc:ops"])

    question = ("auth", "can-i", "list", "configmaps", "--namespace=default")
    assert with_path.kubectl(*question).stdout == "no\n"
    assert without_path.kubectl(*question).stdout == "yes\n"


def test_an_unverified_address_is_refused_where_the_address_is_the_name(
    stack: Stack, administrator: Administrator, keycloak_lab: Lab, tmp_path: Path
) -> None:
    said = stack.up(usernameClaim="email")
    assert "Keycloak marks users created by an administrator as unverified" in said
    email = administrator.add_person("erin", groups=[])
    unverified = stack.log_in(email, tmp_path / "unverified")
    token = unverified.token()

    keycloak_lab.eventually(
        lambda: "oidc: email not verified" in reason_of_refusal(keycloak_lab, token)
    )
    refused = unverified.kubectl("auth", "whoami")
    administrator.verify(email)
    verified = stack.log_in(email, tmp_path / "verified")

    assert "You must be logged in to the server" in refused.stderr
    assert verified.who() == (f"kc:{email}", [])


def reason_of_refusal(lab: Lab, token: str) -> str:
    """Why kube-apiserver refuses a token, which it tells administrators only."""
    review = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": token},
    }
    answer = lab.http.post(
        f"https://{lab.host}/apis/authentication.k8s.io/v1/tokenreviews",
        json=review,
        headers={"Authorization": f"Bearer {lab.token}"},
    )
    return str(answer.json()["status"].get("error", ""))


def test_down_while_keycloak_starts_leaves_no_process(tmp_path: Path) -> None:
    state = State(tmp_path)
    up = subprocess.Popen(
        [sys.executable, "-m", "lab", "up", "--folder", str(tmp_path), "--issuer", "keycloak"],
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 180
    while "kube-apiserver" not in (seen := {p.name(): p for p in state.processes()}):
        assert time.monotonic() < end, "it did not start its children in time"
        time.sleep(0.05)

    assert lab_command("down", tmp_path).returncode == 0

    assert up.wait(timeout=300) == 1
    assert "java" in seen
    assert not any(process.is_running() for process in seen.values())
