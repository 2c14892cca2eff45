"""The token of a job, exchanged for one of a service account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cks_components.api import environment
from cks_components.api.api_access import from_environment
from cks_components.api.client import CKS_API, CLUSTERS
from cks_components.api.clock import Clock
from cks_components.api.errors import CksError
from cks_components.api.http import HttpClient
from cks_components.api.token_source import OTHER_SOURCES
from cks_components.api.workload_identity import exchanged_source
from lab.api import federation, fleet
from lab.api.emulator import Answer, Emulator, Request, json_answer
from lab.api.federation import Federation
from lab.api.server import serve
from tests.federated_job import AUDIENCE, ISSUER, OURS, UID
from tests.tokens import unsigned

THEIRS = unsigned(iss=ISSUER, aud=AUDIENCE, ref="a-branch")


@pytest.fixture(autouse=True)
def another_process() -> Iterator[None]:
    yield
    exchanged_source.cache_clear()


@pytest.fixture
def trusting() -> Federation:
    return Federation(ISSUER, AUDIENCE, UID, now=lambda: 2e9, claims={"ref": "main"})


@pytest.fixture
def api(trusting: Federation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    emulator = Emulator(fleet.clusters(), token="CW-SECRET-" + "unused", federation=trusting)
    for name in (
        environment.TOKEN,
        *OTHER_SOURCES,
        environment.JOB_URL,
        "TFC_WORKLOAD_IDENTITY_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    with serve(emulator) as url:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("COREWEAVE_API_ENDPOINT", url)
        monkeypatch.setenv("COREWEAVE_SERVICE_ACCOUNT_UID", UID)
        yield emulator


class Github:
    """The token endpoint of a runner."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def answer(self, request: Request) -> Answer:
        self.paths.append(request.path)
        return json_answer({"value": OURS})


@pytest.mark.parametrize("name", ["COREWEAVE_OIDC_TOKEN", "TFC_WORKLOAD_IDENTITY_TOKEN"])
def test_a_jobs_token_becomes_a_service_accounts(
    api: Emulator, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, OURS)

    with closing(HttpClient(from_environment(), server=CKS_API, clock=Clock())) as client:
        found = client.send("list", "GET", CLUSTERS, seconds=5)

    assert len(found["items"]) == len(fleet.clusters())
    sent = api.requests[0]
    assert (sent.method, sent.path) == ("POST", federation.PATH)
    assert sent.body["serviceAccountUid"] == UID
    assert OURS not in str(api.requests)


def test_the_jobs_token_may_be_in_a_file(
    api: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "job").write_text(OURS)
    monkeypatch.setenv("COREWEAVE_OIDC_TOKEN_FILE", str(tmp_path / "job"))

    assert api.federation is not None
    assert api.federation.accepts(from_environment().present_token())


def test_a_github_job_is_asked_for_its_token_with_the_vendors_audience(
    trusting: Federation, api: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    github = Github()
    with serve(github) as url:
        monkeypatch.setenv(environment.JOB_URL, f"{url}/token?x=1")
        monkeypatch.setenv(environment.JOB_TOKEN, "of-the-runner")
        token = from_environment().present_token()

    assert trusting.accepts(token)
    assert github.paths == ["/token?x=1&audience=https%3A%2F%2Fcoreweave.com%2Fiam"]
    assert [r.status for r in api.requests] == [200]


@pytest.mark.parametrize(
    ("token", "variables", "what"),
    [
        (THEIRS, {}, "has to trust the token's claims"),
        (OURS, {"COREWEAVE_SERVICE_ACCOUNT_UID": "other"}, "answered 403"),
        ("not-a-jwt", {}, "answered 400"),
        ("", {}, "the job has no OIDC token"),
    ],
)
def test_a_refusal_says_what_must_trust_whom_and_no_part_of_the_token(
    api: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    variables: dict[str, str],
    what: str,
) -> None:
    monkeypatch.setenv("COREWEAVE_OIDC_TOKEN", token)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(CksError, match=what) as caught:
        from_environment().present_token()

    assert not [part for part in token.split(".") if part and part in str(caught.value)]
    assert "a-branch" not in str(vars(caught.value))
    assert not [r for r in api.requests if r.method == "GET"]


def test_a_path_that_is_gone_is_a_setting(
    trusting: Federation, api: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COREWEAVE_OIDC_TOKEN", OURS)
    monkeypatch.setenv("COREWEAVE_TOKEN_EXCHANGE_PATH", federation.PATH.lstrip("/"))
    monkeypatch.setattr(trusting, "exchange", lambda _body: (404, {"code": "not_found"}))

    with pytest.raises(CksError, match="check COREWEAVE_TOKEN_EXCHANGE_PATH"):
        from_environment().present_token()
    assert [r.path for r in api.requests] == [federation.PATH]


def test_other_failures_are_the_vendors(
    trusting: Federation, api: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COREWEAVE_OIDC_TOKEN", OURS)
    monkeypatch.setattr(trusting, "exchange", lambda _body: (500, {"code": "internal"}))

    with pytest.raises(CksError, match="ask CoreWeave's support"):
        from_environment().present_token()
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("answer", "is_valid"),
    [
        ({"bearer_token": "t", "expire_time": "2026-01-01T00:00:00Z"}, True),
        ({"bearerToken": "t", "expireTime": "later"}, False),
        ({"bearerToken": "t t", "expireTime": "2026-01-01T00:00:00Z"}, False),
        ({"expireTime": "2026-01-01T00:00:00Z"}, False),
    ],
)
def test_an_answer_is_read_in_both_spellings_or_not_at_all(
    trusting: Federation,
    api: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, str],
    is_valid: bool,
) -> None:
    monkeypatch.setenv("COREWEAVE_OIDC_TOKEN", OURS)
    monkeypatch.setattr(trusting, "exchange", lambda _body: (200, answer))
    access = from_environment()

    if is_valid:
        assert access.present_token() == "t"
    else:
        with pytest.raises(CksError, match="no bearerToken with an expireTime"):
            access.present_token()
    assert api.requests


def test_a_token_that_ended_early_is_exchanged_again(
    trusting: Federation, api: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COREWEAVE_OIDC_TOKEN", OURS)
    with closing(HttpClient(from_environment(), server=CKS_API, clock=Clock())) as client:
        client.send("list", "GET", CLUSTERS, seconds=5)
        trusting.now = lambda: 4e9  # the server's clock, so that ours knows of no end

        client.send("list", "GET", CLUSTERS, seconds=5)

    assert trusting.issued == 2
    assert [r.status for r in api.requests] == [200, 200, 401, 200, 200]
