"""Exec plugins: what they answer kubectl, and the one line they fail with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from cks_components.api import environment
from cks_components.api.api_access import from_environment
from lab.api.emulator import Answer, Request
from lab.api.server import serve
from tests.tokens import unsigned

if TYPE_CHECKING:
    from tests.unit.conftest import Folder

EXP = 1795608000


@dataclass
class GitHub:
    """The runner's token endpoint."""

    bearer: str = "job-" + "bearer"
    value: object = field(default_factory=lambda: unsigned(exp=EXP))
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(request.path)
        if headers["authorization"].lower() != f"bearer {self.bearer}":
            return Answer(401, b'{"message": "no"}')
        return Answer(self.status, json.dumps({"count": 1, "value": self.value}).encode())


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    github = GitHub()
    monkeypatch.delenv(environment.EXEC_INFO, raising=False)
    with serve(github) as url:
        monkeypatch.setenv(environment.JOB_URL, f"{url}/token?api-version=2.0")
        monkeypatch.setenv(environment.JOB_TOKEN, github.bearer)
        yield github


def test_a_jobs_token_is_a_credential_until_it_expires(folder: Folder, github: GitHub) -> None:
    printed = folder.run("credential", "github", "--audience", "cks production&x")

    assert printed.code == 0
    assert printed.err == ""
    assert json.loads(printed.out) == {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": github.value, "expirationTimestamp": "2026-11-25T12:00:00Z"},
    }
    assert github.asked == ["/token?api-version=2.0&audience=cks+production%26x"]


def test_an_address_without_a_query_gets_one(
    folder: Folder, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = environment.job_access().endpoint.partition("?")[0]
    monkeypatch.setenv(environment.JOB_URL, url)

    folder.run("credential", "github", "--audience", "cks")

    assert github.asked == ["/token?audience=cks"]


def test_kubectl_is_answered_in_the_version_that_it_speaks(
    folder: Folder, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = "client.authentication.k8s.io/v1beta1"
    monkeypatch.setenv(environment.EXEC_INFO, json.dumps({"apiVersion": version}))

    for kind in (("github", "--audience", "a"), ("coreweave",)):
        assert json.loads(folder.run("credential", *kind).out)["apiVersion"] == version
    assert len(github.asked) == 1


@pytest.mark.parametrize("info", ["{", "[]", "{}", '{"apiVersion": "v1"}', '{"apiVersion": 1}'])
def test_who_is_not_kubectl_is_told_so(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, info: str
) -> None:
    monkeypatch.setenv(environment.EXEC_INFO, info)

    printed = folder.run("credential", "coreweave")

    assert (printed.code, printed.out) == (1, "")
    assert "KUBERNETES_EXEC_INFO has no apiVersion" in printed.err


def test_an_operator_gets_the_token_of_the_environment(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment.EXEC_INFO, raising=False)
    token = from_environment().token

    assert json.loads(folder.run("credential", "coreweave").out)["status"] == {"token": token}

    monkeypatch.delenv(environment.TOKEN)
    printed = folder.run("credential", "coreweave")
    assert (printed.code, printed.out) == (1, "")
    assert printed.err.startswith("cks-access: COREWEAVE_API_TOKEN is not set")


def test_a_job_without_the_permission_is_told_which(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment.JOB_URL, raising=False)
    monkeypatch.delenv(environment.JOB_TOKEN, raising=False)

    printed = folder.run("credential", "github", "--audience", "cks")

    assert (printed.code, printed.out) == (1, "")
    assert '"permissions: id-token: write"' in printed.err
    assert printed.err.count("\n") == 1


def test_the_jobs_bearer_goes_to_https_or_loopback_only(
    folder: Folder, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(environment.JOB_URL, "http://token.example/?a=b")

    printed = folder.run("credential", "github", "--audience", "cks")

    assert printed.code == 1
    assert "is not an https URL" in printed.err
    assert github.asked == []


@pytest.mark.parametrize(
    ("status", "value", "message"),
    [
        (
            403,
            None,
            'give the job "permissions: id-token: write"; the permission ends with the job',
        ),
        (400, None, "run the job again"),
        (200, None, "not a valid answer of GitHub's token endpoint: it contains no value"),
    ],
)
def test_what_github_refuses_is_one_line(
    folder: Folder, github: GitHub, status: int, value: object, message: str
) -> None:
    github.status, github.value = status, value

    printed = folder.run("credential", "github", "--audience", "cks")

    assert (printed.code, printed.out) == (1, "")
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert github.bearer not in printed.err


@pytest.mark.parametrize(
    "token",
    ["opaque", "a.%.c", unsigned(), unsigned(exp="soon"), unsigned(exp=1e300), "a.W10.c"],
    ids=["no JWT", "not base64", "no exp", "a word", "never", "a list"],
)
def test_a_token_that_says_nothing_of_its_end_is_kept_until_it_is_refused(
    folder: Folder, github: GitHub, token: str
) -> None:
    github.value = token

    printed = folder.run("credential", "github", "--audience", "cks")

    assert json.loads(printed.out)["status"] == {"token": token}
