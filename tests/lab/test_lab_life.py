"""The lab starts, restarts and ends without losing a request or leaving a process behind."""

from __future__ import annotations

import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from lab.api import fleet
from lab.api.control import Control
from lab.authority import Authority
from lab.issuer import keycloak, provider
from lab.state import CHECKOUT, State
from lab.tools.keycloak import PIN
from lab.tools.program import Platform
from lab.tools.workspace import Place

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

OIDC = {"issuerUrl": provider.URL, "clientId": provider.CLIENT, "usernameClaim": "email"}
REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@pytest.fixture
def without_oidc(lab: Lab) -> Iterator[None]:
    """The state in which the other tests of this folder begin, too, whatever the order of files."""
    lab.trust(None)
    lab.eventually(lambda: lab.get(lab.host, "/readyz", lab.token).status_code == 200)
    yield
    lab.configure(oidc=None)


def mentioning(folder: Path) -> list[str]:
    """Every running process that has the folder in its command line, whoever recorded it."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or [])
        if f"{folder}/" in f"{line}/" and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(f"{process.info['pid']} {line[:80]}")
    return found


def test_certificates_pass_the_strict_check_of_newer_pythons(lab: Lab) -> None:
    strict = ssl.create_default_context(cafile=lab.variables["SSL_CERT_FILE"])
    strict.verify_flags |= ssl.VERIFY_X509_STRICT

    with httpx.Client(proxy=lab.variables["HTTPS_PROXY"], verify=strict) as http:
        answer = http.get(f"{provider.URL}/.well-known/openid-configuration")

    assert answer.json()["issuer"] == provider.URL


def test_the_control_surface_sees_requests_but_no_token(lab: Lab) -> None:
    control = Control(lab.variables["CKS_LAB_CONTROL"])
    control.clear_requests()

    lab.get("api.coreweave.com", f"/v1beta1/cks/clusters/{fleet.CONTROL_PLANE}", lab.token)

    seen = control.requests()
    assert [(r.method, r.status) for r in seen] == [("GET", 200)]
    assert lab.token not in str(seen)


def test_a_proxy_of_the_machine_does_not_win_over_the_router(lab: Lab) -> None:
    elsewhere = {"https_proxy": "http://127.0.0.1:9", "CURL_CA_BUNDLE": "/dev/null"}
    command = ["curl", "-sS", "--max-time", "5", f"{provider.URL}/keys"]
    inherited = {"PATH": lab.variables["PATH"]} | elsewhere | lab.variables

    run = subprocess.run(command, env=inherited, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    assert '"RS256"' in run.stdout


@pytest.mark.usefixtures("without_oidc")
def test_requests_during_a_restart_wait_for_its_end(lab: Lab) -> None:
    lab.trust(OIDC)
    account = f"https://{lab.host}/api/v1/namespaces/default/serviceaccounts/default/token"
    minted = lab.http.post(account, headers={"Authorization": f"Bearer {lab.token}"}, json={})
    token = minted.json()["status"]["token"]
    codes = []
    end = time.monotonic() + 6

    while time.monotonic() < end:
        answer = lab.http.post(
            f"https://api.{lab.host}{REVIEW}",
            headers={"Authorization": f"Bearer {token}"},
            json={"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
        )
        codes.append(answer.status_code)

    assert set(codes) == {201}


def test_down_in_the_middle_of_a_restart_leaves_no_process(
    tmp_path: Path, command: Callable[[str, Path], int]
) -> None:
    from tests.lab.conftest import Lab

    assert command("up", tmp_path) == 0
    running = Lab(State(tmp_path))
    running.trust(OIDC)
    running.eventually(lambda: "starts anew" in State(tmp_path).log.read_text())
    running.http.close()

    assert command("down", tmp_path) == 0

    assert mentioning(tmp_path) == []


def test_a_lab_that_dies_while_starting_leaves_no_process(
    tmp_path: Path, command: Callable[[str, Path], int]
) -> None:
    up = subprocess.Popen(
        [sys.executable, "-m", "lab", "up", "--folder", str(tmp_path)],
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 120
    while not any("kube-apiserver" in line for line in mentioning(tmp_path)):
        assert time.monotonic() < end, "it did not start its children in time"
        time.sleep(0.02)

    State(tmp_path).processes()[0].kill()

    assert up.wait(timeout=300) == 1
    assert command("down", tmp_path) == 0
    assert mentioning(tmp_path) == []


def test_a_lab_without_keycloak_is_not_taken_for_one_with_it(lab: Lab) -> None:
    from tests.lab.conftest import lab_command

    up = lab_command("up", lab.state.folder, "--issuer", "keycloak")

    assert up.returncode == 1
    assert up.stderr == 'the lab is up without Keycloak; run "python -m lab down" first\n'


def test_a_keycloak_that_does_not_start_says_why(tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text('#!/bin/sh\necho "openjdk 17.0.15"\necho "the port is taken" >&2\n')
    java.chmod(0o755)
    place = Place(tmp_path, {"JAVA_HOME": str(tmp_path)}, Platform.here())
    (place.tools / f"keycloak-{PIN['version']}").mkdir(parents=True)

    with (
        keycloak.running(tmp_path / "keycloak", Authority(tmp_path / "pki"), place) as server,
        pytest.raises(
            keycloak.KeycloakError, match=r"^Keycloak did not start:\n.*\nthe port is taken$"
        ),
    ):
        server.wait_until_ready()
