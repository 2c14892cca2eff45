"""A program that prints the CoreWeave token."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cks_components.api.api_access import from_environment
from cks_components.api.errors import SettingsError
from cks_components.api.token_command import command_source, run_command
from cks_components.api.token_source import Issued
from tests.tokens import unsigned

SECRET = "CW-SECRET-" + "source"


def printing(text: str, code: int = 0) -> str:
    program = f"import sys; print({text!r}); sys.exit({code})"
    return f"{sys.executable} -c {json.dumps(program)}"


@pytest.fixture(autouse=True)
def another_process() -> Iterator[None]:
    yield
    command_source.cache_clear()


@pytest.mark.parametrize(
    ("printed", "issued"),
    [
        ("plain", Issued("plain", None)),
        (unsigned(exp=2000), Issued(unsigned(exp=2000), 2000.0)),
        ('{"status": {"token": "of-exec"}}', Issued("of-exec", None)),
        (
            '{"status": {"token": "t", "expirationTimestamp": "1970-01-01T01:00:00Z"}}',
            Issued("t", 3600.0),
        ),
    ],
    ids=["a token", "a JWT", "an ExecCredential", "with an end"],
)
def test_it_prints_a_token_or_an_exec_credential(printed: str, issued: Issued) -> None:
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
def test_a_failure_is_one_sentence_without_what_was_printed(command: str, what: str) -> None:
    with pytest.raises(SettingsError, match=what) as caught:
        run_command(command)

    assert "COREWEAVE_TOKEN_COMMAND" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_command_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cks_components.api.token_command._SECONDS", 0.2)

    with pytest.raises(SettingsError, match="did not end within 0 s"):
        run_command(f"{sys.executable} -c 'import time; time.sleep(9)'")


def test_it_runs_once_for_all_clients_of_a_process(tmp_path: Path) -> None:
    count = tmp_path / "count"
    program = f"open({str(count)!r}, 'a').write('x'); print('t')"
    values = {"COREWEAVE_TOKEN_COMMAND": f"{sys.executable} -c {json.dumps(program)}"}

    tokens = [from_environment(values).present_token() for _ in range(3)]

    assert (tokens, count.read_text()) == (["t"] * 3, "x")
