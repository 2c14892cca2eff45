"""The sources of the CoreWeave token: which one is used, when it is asked, and what it may say."""

from __future__ import annotations

import base64
import json
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from cks_components.api import environment
from cks_components.api.api_access import from_environment
from cks_components.api.client import CKS_API, CLUSTERS
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.api.errors import CksError, SettingsError, UnauthenticatedError
from cks_components.api.http import HttpClient
from cks_components.api.token_command import command_source, run_command
from cks_components.api.token_source import CachedSource, Issued, TokenFile, expiry, origin_of
from cks_components.api.workload_identity import exchanged_source
from lab.api import federation, fleet
from lab.api.emulator import Emulator
from lab.api.federation import Federation
from lab.api.server import serve

SECRET = "CW-SECRET-" + "source"
UID = "11111111-2222-4333-8444-555555555555"
ISSUER, AUDIENCE = "https://gitlab.example.com", "https://coreweave.com/iam"
VARIABLES = (
    "COREWEAVE_API_TOKEN",
    "COREWEAVE_API_TOKEN_FILE",
    "COREWEAVE_TOKEN_COMMAND",
    "COREWEAVE_SERVICE_ACCOUNT_UID",
)


def jwt(**claims: Any) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'RS256'})}.{part(claims)}.c2lnbmF0dXJl"


def printing(text: str, code: int = 0) -> str:
    program = f"import sys; print({text!r}); sys.exit({code})"
    return f"{sys.executable} -c {json.dumps(program)}"


class TestWhichOne:
    @pytest.mark.parametrize("first", range(4))
    def test_the_first_that_is_set_is_used_and_named(self, first: int) -> None:
        values = dict.fromkeys(VARIABLES[first:], "x")
        values |= {"COREWEAVE_TOKEN_COMMAND": printing("of-command")} if first <= 2 else {}

        named = origin_of(values)
        access = from_environment(values)

        assert VARIABLES[first] in named
        assert (access.token, access.source is None) == (("x", True) if first == 0 else ("", False))

    def test_without_any_the_common_one_is_asked_for(self) -> None:
        assert origin_of({"COREWEAVE_API_TOKEN": " "}) == "the token in COREWEAVE_API_TOKEN"
        with pytest.raises(SettingsError, match="COREWEAVE_API_TOKEN is not set"):
            from_environment({})

    def test_no_representation_holds_a_token(self) -> None:
        assert SECRET not in repr(from_environment({"COREWEAVE_TOKEN_COMMAND": printing(SECRET)}))


class TestFile:
    def test_a_file_that_changes_is_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "token"
        access = from_environment({"COREWEAVE_API_TOKEN_FILE": str(path)})

        path.write_text("one\n")
        before = access.present_token()
        path.write_text("two\n")

        assert (before, access.present_token()) == ("one", "two")

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (None, "No such file or directory"),
            (b"\xff", "it is not text"),
            (b" \n", "is empty"),
            (b"one two", "contains spaces"),
        ],
    )
    def test_a_file_without_a_token_is_one_sentence(
        self, tmp_path: Path, content: bytes | None, what: str
    ) -> None:
        path = tmp_path / "token"
        if content is not None:
            path.write_bytes(content)

        with pytest.raises(SettingsError, match=what) as caught:
            TokenFile(path, "COREWEAVE_API_TOKEN_FILE").token()

        assert str(path) in str(caught.value)
        assert "COREWEAVE_API_TOKEN_FILE" in str(caught.value)


class TestCommand:
    @pytest.mark.parametrize(
        ("printed", "issued"),
        [
            ("plain", Issued("plain", None)),
            (jwt(exp=2000), Issued(jwt(exp=2000), 2000.0)),
            ('{"status": {"token": "of-exec"}}', Issued("of-exec", None)),
            (
                '{"status": {"token": "t", "expirationTimestamp": "1970-01-01T01:00:00Z"}}',
                Issued("t", 3600.0),
            ),
        ],
        ids=["a token", "a JWT", "an ExecCredential", "with an end"],
    )
    def test_it_prints_a_token_or_an_exec_credential(self, printed: str, issued: Issued) -> None:
        assert run_command(printing(printed)) == issued

    @pytest.mark.parametrize(
        ("command", "what"),
        [
            ('x "', "quotes do not match"),
            (" ", "names no program"),
            ("no-such-program-here", "no-such-program-here cannot be run: No such file"),
            (printing(SECRET, 3), "ended with exit code 3"),
            (printing(f"{SECRET} and more"), "contains spaces"),
            (printing(""), "is empty"),
            (printing('{"status": {"token": ' + SECRET), "not an ExecCredential"),
            (printing('{"status": {"token": 7}}'), "not an ExecCredential"),
            (printing('{"status": []}'), "not an ExecCredential"),
            (
                printing(f'{{"status": {{"token": "{SECRET}", "expirationTimestamp": "soon"}}}}'),
                "not an ExecCredential",
            ),
        ],
    )
    def test_a_failure_is_one_sentence_without_what_was_printed(
        self, command: str, what: str
    ) -> None:
        with pytest.raises(SettingsError, match=what) as caught:
            run_command(command)

        assert "COREWEAVE_TOKEN_COMMAND" in str(caught.value)
        assert SECRET not in str(caught.value)
        assert caught.value.__cause__ is None

    def test_a_command_that_does_not_end_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cks_components.api.token_command._SECONDS", 0.2)

        with pytest.raises(SettingsError, match="did not end within 0 s"):
            run_command(f"{sys.executable} -c 'import time; time.sleep(9)'")

    def test_it_runs_once_for_all_clients_of_a_process(self, tmp_path: Path) -> None:
        count = tmp_path / "count"
        program = f"open({str(count)!r}, 'a').write('x'); print('t')"
        values = {"COREWEAVE_TOKEN_COMMAND": f"{sys.executable} -c {json.dumps(program)}"}

        tokens = [from_environment(values).present_token() for _ in range(3)]

        assert (tokens, count.read_text()) == (["t"] * 3, "x")


class TestCache:
    @pytest.mark.parametrize(
        ("life", "last"), [(3600.0, 3539.0), (100.0, 74.0), (None, 1e9)], ids=str
    )
    def test_a_token_is_replaced_a_minute_or_a_quarter_of_its_life_early(
        self, life: float | None, last: float
    ) -> None:
        now = 0.0
        tokens = iter("ab")
        source = CachedSource(lambda: Issued(next(tokens), life), now=lambda: now)

        assert source.token() == "a"
        now = last
        assert source.token() == "a"
        now = last + 2
        assert source.token() == ("a" if life is None else "b")

    def test_a_refused_token_is_replaced_once(self) -> None:
        tokens = iter("abc")
        source = CachedSource(lambda: Issued(next(tokens), None))

        first = source.token()

        assert [source.token(refused=first) for _ in range(3)] == ["b", "b", "b"]

    def test_one_caller_at_a_time_gets_a_new_one(self) -> None:
        asked = []
        together = threading.Barrier(4, timeout=10)

        def get() -> Issued:
            asked.append(1)
            return Issued("t", None)

        source = CachedSource(get)

        def ask(_: int) -> str:
            together.wait()
            return source.token()

        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(ask, range(4))) == ["t"] * 4
        assert len(asked) == 1


class Changing:
    """A source whose token another program renews."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)

    def token(self, refused: str = "") -> str:
        if refused and len(self.tokens) > 1:
            self.tokens.pop(0)
        return self.tokens[0]


def client_of(access: ApiAccess, accepted: str, seen: list[str]) -> HttpClient:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(f"{request.headers['authorization']} {request.content.decode()}")
        if request.headers["authorization"] == f"Bearer {accepted}":
            return httpx.Response(200, json={})
        return httpx.Response(401, text=f"no: {' '.join(seen)}")

    transport = httpx.MockTransport(answer)
    return HttpClient(access, server=CKS_API, clock=Clock(), transport=transport)


class TestRefused:
    def test_a_refused_token_is_replaced_and_the_request_sent_again(self) -> None:
        seen: list[str] = []
        access = ApiAccess("https://api.example", "", source=Changing("old", "new"))

        client_of(access, "new", seen).send("write", "PATCH", "/c", seconds=5, body={"a": 1})

        assert seen == ['Bearer old {"a":1}', 'Bearer new {"a":1}']

    @pytest.mark.parametrize("tokens", [["old"], ["old", "older"]])
    def test_a_second_refusal_is_final_and_repeats_no_token(self, tokens: list[str]) -> None:
        seen: list[str] = []
        access = ApiAccess("https://api.example", "", source=Changing(*tokens))

        with pytest.raises(UnauthenticatedError) as caught:
            client_of(access, "new", seen).send("ask", "GET", "/c", seconds=5)

        assert len(seen) == len(tokens)
        assert "old" not in str(vars(caught.value))


@pytest.fixture
def trusting() -> Federation:
    return Federation(ISSUER, AUDIENCE, UID, now=lambda: 2e9, claims={"ref": "main"})


@pytest.fixture
def api(trusting: Federation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    emulator = Emulator(fleet.clusters(), token=SECRET, federation=trusting)
    for name in (*VARIABLES, environment.JOB_URL, "TFC_WORKLOAD_IDENTITY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with serve(emulator) as url:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("COREWEAVE_API_ENDPOINT", url)
        monkeypatch.setenv("COREWEAVE_SERVICE_ACCOUNT_UID", UID)
        yield emulator


OURS = jwt(iss=ISSUER, aud=AUDIENCE, ref="main", exp=2000)
THEIRS = jwt(iss=ISSUER, aud=AUDIENCE, ref="a-branch")


class TestWorkloadIdentity:
    @pytest.mark.parametrize("name", ["COREWEAVE_OIDC_TOKEN", "TFC_WORKLOAD_IDENTITY_TOKEN"])
    def test_a_jobs_token_becomes_a_service_accounts(
        self, api: Emulator, monkeypatch: pytest.MonkeyPatch, name: str
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
        self, api: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "job").write_text(OURS)
        monkeypatch.setenv("COREWEAVE_OIDC_TOKEN_FILE", str(tmp_path / "job"))

        assert api.federation is not None
        assert api.federation.accepts(from_environment().present_token())

    def test_a_github_job_is_asked_for_its_token_with_the_vendors_audience(
        self, trusting: Federation, api: Emulator, monkeypatch: pytest.MonkeyPatch
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
        self,
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
        self, trusting: Federation, api: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COREWEAVE_OIDC_TOKEN", OURS)
        monkeypatch.setenv("COREWEAVE_TOKEN_EXCHANGE_PATH", federation.PATH.lstrip("/"))
        monkeypatch.setattr(trusting, "exchange", lambda _body: (404, {"code": "not_found"}))

        with pytest.raises(CksError, match="check COREWEAVE_TOKEN_EXCHANGE_PATH"):
            from_environment().present_token()
        assert [r.path for r in api.requests] == [federation.PATH]

    def test_other_failures_are_the_vendors(
        self, trusting: Federation, api: Emulator, monkeypatch: pytest.MonkeyPatch
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
        self,
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
        self, trusting: Federation, api: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COREWEAVE_OIDC_TOKEN", OURS)
        with closing(HttpClient(from_environment(), server=CKS_API, clock=Clock())) as client:
            client.send("list", "GET", CLUSTERS, seconds=5)
            trusting.now = lambda: 4e9  # the server's clock, so that ours knows of no end

            client.send("list", "GET", CLUSTERS, seconds=5)

        assert trusting.issued == 2
        assert [r.status for r in api.requests] == [200, 200, 401, 200, 200]


class Github:
    """The token endpoint of a runner."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def answer(self, request: Any) -> Any:
        from lab.api.emulator import json_answer

        self.paths.append(request.path)
        return json_answer({"value": OURS})


@pytest.fixture(autouse=True)
def another_process() -> Iterator[None]:
    yield
    command_source.cache_clear()
    exchanged_source.cache_clear()


@pytest.mark.parametrize("token", ["opaque", "a.b.c", jwt(), jwt(exp="x"), jwt(exp=1e300)])
def test_a_token_without_a_readable_end_has_none(token: str) -> None:
    assert expiry(token) is None
