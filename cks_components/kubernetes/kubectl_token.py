"""The token that kubectl would send: out of a kubeconfig, or from the exec plugin that it names."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cks_components.api.environment import EXEC_INFO, variables
from cks_components.api.errors import SettingsError
from cks_components.kubernetes import kubeconfig_content
from cks_components.kubernetes.kubeconfig import EXEC_API_VERSION, sends_coreweave_token
from cks_components.kubernetes.kubeconfig_file import is_missing
from cks_components.kubernetes.nearest_name import nearest

_PATIENCE_SECONDS = 300.0
"""Longer than kubelogin waits for somebody to log in."""
_OTHER_CREDENTIALS = {
    "client-certificate": "it sends a client certificate instead of a token",
    "client-certificate-data": "it sends a client certificate instead of a token",
    "username": "it sends a user and a password instead of a token",
    "auth-provider": "its user has an auth-provider, which kubectl no longer supports",
}


@dataclass(frozen=True)
class SentToken:
    """A token that kubectl sends.

    Attributes:
        acts_as: the user as whom kubectl asks to act (impersonation); empty if it does not.
    """

    token: str = field(repr=False)
    acts_as: str = ""


@dataclass(frozen=True)
class _Entry:
    """A named entry of a kubeconfig, and the folder to which its paths are relative."""

    content: Mapping[str, Any]
    folder: Path

    def path(self, written: str) -> Path:
        """A path as the entry has it."""
        return self.folder / written


def token_of(context: str, files: Sequence[Path]) -> SentToken:
    """Get the token that kubectl sends in a context; an exec plugin is run as kubectl runs it.

    Args:
        context: its name.
        files: the kubeconfigs, of which the first with an entry of a name counts.

    Raises:
        SettingsError: kubectl cannot load a file, the context or its user does not exist, it sends
            no token or one of CoreWeave, or its exec plugin gives none; one sentence, without any
            credential.
    """
    attempt = f'cannot get the token of context "{context}"'
    contexts, users = _entries(attempt, files)
    if context not in contexts:
        known = ", ".join(contexts) or "none"
        hint = nearest(context, contexts)
        message = f"{attempt}: {_names(files)} has no such context{hint}; it has {known}"
        raise SettingsError([message])
    name = str(contexts[context].content.get("user") or "")
    if not name:
        message = (
            f"{attempt}: it names no user, so kubectl sends no token; name the context of a person or a "
            "pipeline"
        )
        raise SettingsError([message])
    if name not in users:
        message = f'{attempt}: its user "{name}" is not in {_names(files)}; correct the kubeconfig'
        raise SettingsError([message])
    user = users[name]
    if sends_coreweave_token(user.content):
        message = (
            f"{attempt}: it sends your CoreWeave token (COREWEAVE_API_TOKEN), which the managed "
            'endpoint judges and no identity provider issues; run "cks-access doctor" to see whether '
            "it is accepted"
        )
        raise SettingsError([message])
    return SentToken(_token(attempt, user), str(user.content.get("as") or ""))


def _token(attempt: str, user: _Entry) -> str:
    values = user.content
    if values.get("tokenFile"):
        path = user.path(str(values["tokenFile"]))
        try:
            return path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"{attempt}: its token file {path} cannot be read; check the path"
            raise SettingsError([message]) from error
    if values.get("token"):
        return str(values["token"])
    if isinstance(values.get("exec"), Mapping):
        return issued(attempt, values["exec"], user.folder)
    others = (text for key, text in _OTHER_CREDENTIALS.items() if values.get(key))
    sent = next(others, "it sends no token")
    message = f"{attempt}: {sent}; name the context of a person or a pipeline"
    raise SettingsError([message])


def issued(attempt: str, plugin: Mapping[str, Any], folder: Path = Path()) -> str:
    """Run an exec plugin as kubectl does, and return its token; what it says on stderr is seen.

    Only the main thread may call it. SIGTERM ends the plugin, and then this program.

    Args:
        attempt: what is attempted, as the beginning of a message.
        plugin: the `exec` of a user of a kubeconfig.
        folder: to which a path in it is relative.

    Raises:
        SettingsError: it cannot be started, fails, or gives no token.
    """
    command, version = str(plugin.get("command") or ""), plugin.get("apiVersion")
    named = f'{attempt}: its exec plugin "{command}"'
    if version == EXEC_API_VERSION and "interactiveMode" not in plugin:
        message = (
            f"{named} has no interactiveMode, without which kubectl does not run a plugin of {version}; "
            'write "interactiveMode: Never"'
        )
        raise SettingsError([message])
    program = str(folder / command) if os.sep in command else command
    given = {str(v.get("name")): str(v.get("value")) for v in plugin.get("env") or ()}
    request = {"apiVersion": version, "kind": "ExecCredential"}
    may_ask = plugin.get("interactiveMode") != "Never" and sys.stdin.isatty()
    info = json.dumps(request | {"spec": {"interactive": may_ask}})
    try:
        with _sigterm_as_exit():
            done = subprocess.run(  # noqa: S603 - what the user's kubeconfig names, as kubectl does
                [program, *map(str, plugin.get("args") or ())],
                env={**variables(), **given, EXEC_INFO: info},
                stdin=None if may_ask else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                timeout=_PATIENCE_SECONDS,
                check=False,
            )
    except OSError as error:
        hint = str(plugin.get("installHint") or "install it").strip()
        message = f"{named} cannot be started; {hint}"
        raise SettingsError([message]) from error
    except subprocess.TimeoutExpired as error:
        message = f"{named} did not end; run it by itself to see why"
        raise SettingsError([message]) from error
    if done.returncode != 0:
        message = f"{named} failed with exit code {done.returncode}; what it says is above"
        raise SettingsError([message])
    return _answered(named, version, done.stdout)


@contextmanager
def _sigterm_as_exit() -> Iterator[None]:
    """Raises SystemExit at SIGTERM, at which `subprocess.run` ends what it has started."""

    def exit_(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)  # as a shell counts it

    before = signal.signal(signal.SIGTERM, exit_)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _answered(attempt: str, version: object, answer: bytes) -> str:
    try:
        read = json.loads(answer)
        token, answered = read["status"].get("token"), read.get("apiVersion")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = (
            f"{attempt} did not print an ExecCredential; run it by itself to see what it prints"
        )
        raise SettingsError([message]) from error
    if answered != version:
        message = (
            f"{attempt} answered in {answered} and was asked in {version}, which kubectl refuses; "
            "install a newer version of it"
        )
        raise SettingsError([message])
    if not isinstance(token, str) or not token:
        message = f"{attempt} gave no token; name the context of a person or a pipeline"
        raise SettingsError([message])
    return token


def _entries(attempt: str, files: Sequence[Path]) -> tuple[dict[str, _Entry], dict[str, _Entry]]:
    """The contexts and the users of all files by their names."""
    contexts: dict[str, _Entry] = {}
    users: dict[str, _Entry] = {}
    present = [file for file in files if not is_missing(file)]
    if not present:
        message = f"{attempt}: there is no kubeconfig at {_names(files)}; set KUBECONFIG"
        raise SettingsError([message])
    for file in present:
        content = kubeconfig_content.read(attempt, file)
        for kind, found in (("context", contexts), ("user", users)):
            for entry in content.get(f"{kind}s") or ():
                value = _Entry(entry.get(kind) or {}, file.parent)
                found.setdefault(str(entry.get("name")), value)
    return contexts, users


def _names(files: Sequence[Path]) -> str:
    return ", ".join(map(str, files))
