"""Which source of the CoreWeave token is used, when it is asked, and what it may say."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from cks_components.api.api_access import from_environment
from cks_components.api.client import CKS_API
from cks_components.api.clock import Clock
from cks_components.api.environment import ApiAccess
from cks_components.api.errors import SettingsError, UnauthenticatedError
from cks_components.api.http import HttpClient
from cks_components.api.token_source import CachedSource, Issued, TokenFile, expiry, origin_of
from tests.tokens import unsigned

SECRET = "CW-SECRET-" + "source"
VARIABLES = (
    "COREWEAVE_API_TOKEN",
    "COREWEAVE_API_TOKEN_FILE",
    "COREWEAVE_TOKEN_COMMAND",
    "COREWEAVE_SERVICE_ACCOUNT_UID",
)


@pytest.mark.parametrize("first", range(4))
def test_the_first_that_is_set_is_used_and_named(first: int) -> None:
    values = dict.fromkeys(VARIABLES[first:], "x")

    named = origin_of(values)
    access = from_environment(values)

    assert VARIABLES[first] in named
    assert (access.token, access.source is None) == (("x", True) if first == 0 else ("", False))


def test_without_any_the_common_one_is_asked_for() -> None:
    assert origin_of({"COREWEAVE_API_TOKEN": " "}) == "the token in COREWEAVE_API_TOKEN"
    with pytest.raises(SettingsError, match="COREWEAVE_API_TOKEN is not set"):
        from_environment({})


def test_no_representation_holds_a_token() -> None:
    assert SECRET not in repr(from_environment({"COREWEAVE_API_TOKEN": SECRET}))


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
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
        (b"bearer two", 'begins with the word "Bearer"'),
        (b'"two"', "begins with a quotation mark"),
    ],
)
def test_a_file_without_a_token_is_one_sentence(
    tmp_path: Path, content: bytes | None, what: str
) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SettingsError, match=what) as caught:
        TokenFile(path, "COREWEAVE_API_TOKEN_FILE").token()

    assert str(path) in str(caught.value)
    assert "COREWEAVE_API_TOKEN_FILE" in str(caught.value)


@pytest.mark.parametrize(("life", "last"), [(3600.0, 3539.0), (100.0, 74.0), (None, 1e9)], ids=str)
def test_a_token_is_replaced_a_minute_or_a_quarter_of_its_life_early(
    life: float | None, last: float
) -> None:
    now = 0.0
    tokens = iter("ab")
    source = CachedSource(lambda: Issued(next(tokens), life), now=lambda: now)

    assert source.token() == "a"
    now = last
    assert source.token() == "a"
    now = last + 2
    assert source.token() == ("a" if life is None else "b")


def test_a_refused_token_is_replaced_once() -> None:
    tokens = iter("abc")
    source = CachedSource(lambda: Issued(next(tokens), None))

    first = source.token()

    assert [source.token(refused=first) for _ in range(3)] == ["b", "b", "b"]


def test_one_caller_at_a_time_gets_a_new_one() -> None:
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


def test_a_refused_token_is_replaced_and_the_request_sent_again() -> None:
    seen: list[str] = []
    access = ApiAccess("https://api.example", "", source=Changing("old", "new"))

    client_of(access, "new", seen).send("write", "PATCH", "/c", seconds=5, body={"a": 1})

    assert seen == ['Bearer old {"a":1}', 'Bearer new {"a":1}']


@pytest.mark.parametrize("tokens", [["old"], ["old", "older"]])
def test_a_second_refusal_is_final_and_repeats_no_token(tokens: list[str]) -> None:
    seen: list[str] = []
    access = ApiAccess("https://api.example", "", source=Changing(*tokens))

    with pytest.raises(UnauthenticatedError) as caught:
        client_of(access, "new", seen).send("ask", "GET", "/c", seconds=5)

    assert len(seen) == len(tokens)
    assert "old" not in str(vars(caught.value))


@pytest.mark.parametrize(
    "token", ["opaque", "a.b.c", unsigned(), unsigned(exp="x"), unsigned(exp=1e300)]
)
def test_a_token_without_a_readable_end_has_none(token: str) -> None:
    assert expiry(token) is None
