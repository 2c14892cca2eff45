"""A program that prints the CoreWeave token: a secret manager's, or an exec plugin of kubectl."""

from __future__ import annotations

import json
import shlex
import subprocess
from datetime import datetime
from functools import cache
from typing import NoReturn

from cks_components.api.errors import SettingsError
from cks_components.api.token_source import (
    TOKEN_COMMAND,
    CachedSource,
    Issued,
    checked,
    expiry_seconds,
)

_SECONDS = 60.0
_OUTPUT = f"the output of {TOKEN_COMMAND}"


@cache
def command_source(command: str) -> CachedSource:
    """The source that runs a program: one for each command in a process."""
    return CachedSource(lambda: run_command(command))


def run_command(command: str) -> Issued:
    """Run a program that prints a token, or an ExecCredential as plugins of kubectl do.

    Args:
        command: the program and its arguments, quoted as for a shell; no shell is used.

    Raises:
        SettingsError: the program cannot be run, failed, or printed neither. What it printed is
            not repeated.
    """
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        _fail(f"its quotes do not match ({error})")
    if not arguments:
        _fail("it names no program")
    try:
        done = subprocess.run(  # noqa: S603 - running what the user names is what it is for
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except OSError as error:
        _fail(f"{arguments[0]} cannot be run: {error.strerror}")
    except subprocess.TimeoutExpired:
        _fail(f"{arguments[0]} did not end within {_SECONDS:.0f} s")
    if done.returncode:
        _fail(f"{arguments[0]} ended with exit code {done.returncode}")
    text = done.stdout.strip()
    if text.startswith("{"):
        return _exec_credential(text)
    return Issued(checked(text, _OUTPUT), expiry_seconds(text))


def _exec_credential(text: str) -> Issued:
    """Read the JSON of an exec plugin (client.authentication.k8s.io)."""
    try:
        status = json.loads(text)["status"]
        token, end = status["token"], status.get("expirationTimestamp")
        expires = None if end is None else datetime.fromisoformat(end).timestamp()
    except (ValueError, TypeError, KeyError, AttributeError):
        token, expires = None, None  # an error's text may hold the token
    if not isinstance(token, str):
        _fail("it printed JSON that is not an ExecCredential with status.token")
    return Issued(checked(token, _OUTPUT), expires)


def _fail(why: str) -> NoReturn:
    message = (
        f"cannot get the CoreWeave token from {TOKEN_COMMAND}: {why}; run the command by hand: it "
        "must print a token, or an ExecCredential, and nothing else"
    )
    raise SettingsError([message]) from None  # a cause may hold what was printed
