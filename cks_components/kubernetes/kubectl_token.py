"""The token that kubectl would send: out of a kubeconfig, or from the exec plugin that it names."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cks_components.api.environment import EXEC_INFO, variables
from cks_components.api.errors import SettingsError
from cks_components.kubernetes import exec_cluster, kubectl_context
from cks_components.kubernetes.kubeconfig import sends_coreweave_token
from cks_components.kubernetes.kubectl_context import Entry

_PATIENCE_SECONDS = 300.0
"""Longer than kubelogin waits for somebody to log in."""
_KIND = "ExecCredential"
_NOT_IN_A_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""As golang.org/x/net/http/httpguts has it: control characters, of which a tab is none."""
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d?:\d\d:\d\d)([.,]\d+)?(Z|[-+]([01]\d|2[0-4]):([0-5]\d|60))", re.ASCII
)
"""As Go's time.Parse has RFC 3339, by which client-go's metav1.Time is read."""
_CERTIFICATE = "it sends a client certificate instead of a token"
_OTHER_CREDENTIALS = {
    "username": "it sends a user and a password instead of a token",
    "client-certificate": _CERTIFICATE,
    "client-certificate-data": _CERTIFICATE,
    "auth-provider": "it sends the token of its auth-provider, which is not read here",
}
"""What kubectl sends instead of the token of a plugin, which it does not run then."""


@dataclass(frozen=True)
class SentToken:
    """A token that kubectl sends.

    Attributes:
        acts_as: the user as whom kubectl asks to act (impersonation); empty if it does not.
    """

    token: str = field(repr=False)
    acts_as: str = ""


def token_of(context: str, files: Sequence[Path]) -> SentToken:
    """Get the token that kubectl sends in a context; an exec plugin is run as kubectl runs it.

    Args:
        context: its name.
        files: the kubeconfigs, of which the first with an entry of a name counts.

    Raises:
        SettingsError: as `kubectl_context.user_and_cluster_of`; or kubectl sends another credential
            or a token of CoreWeave, or its exec plugin gives none; one sentence, without any credential.
    """
    attempt = f'cannot get the token of context "{context}"'
    user, cluster = kubectl_context.user_and_cluster_of(attempt, context, files)
    return SentToken(_token(attempt, user, cluster), str(user.content.get("as") or ""))


def _token(attempt: str, user: Entry, cluster: Entry) -> str:
    """The first credential counts, in the order of client-go: a static one, then the plugin's."""
    values = user.content
    static = _from_file(attempt, user) if values.get("tokenFile") else values.get("token")
    if static:
        return _received(attempt, str(static))
    other = next((text for key, text in _OTHER_CREDENTIALS.items() if values.get(key)), "")
    plugin = values.get("exec")
    if plugin is None or other:
        sent = other or "it sends no token"
        message = f"{attempt}: {sent}; name the context of a person or a pipeline"
        raise SettingsError([message])
    if sends_coreweave_token(values):
        message = (
            f"{attempt}: it sends your CoreWeave token (COREWEAVE_API_TOKEN), which the managed "
            'endpoint judges and no identity provider issues; run "cks-access doctor" to see whether '
            "it is accepted"
        )
        raise SettingsError([message])
    told = None
    if plugin.get("provideClusterInfo"):
        told = exec_cluster.told_to_plugin(attempt, cluster)
    return issued(attempt, plugin, user.folder, told)


def _from_file(attempt: str, user: Entry) -> str:
    """What the token file holds, or the static token where it holds nothing or cannot be read."""
    static, path = str(user.content.get("token") or ""), user.path(str(user.content["tokenFile"]))
    try:
        token = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        if static:
            return static
        message = f"{attempt}: its token file {path} cannot be read; check the path"
        raise SettingsError([message]) from error
    if not token and not static:
        message = f"{attempt}: its token file {path} is empty; write a token to it"
        raise SettingsError([message])
    return token or static


def _received(attempt: str, token: str) -> str:
    """What kube-apiserver takes out of the header that kubectl makes of a token: its first word."""
    if _NOT_IN_A_HEADER.search(token):
        message = (
            f"{attempt}: the token holds a line break or another control character, with which kubectl "
            "sends nothing; remove it"
        )
        raise SettingsError([message])
    if token.startswith(" ") or not token.strip():
        message = (
            f"{attempt}: the token begins with a space, so kube-apiserver ignores it and takes you for "
            "anonymous; remove the space"
        )
        raise SettingsError([message])
    return token.rstrip().partition(" ")[0]


def issued(
    attempt: str,
    plugin: Mapping[str, Any],
    folder: Path = Path(),
    cluster: Mapping[str, Any] | None = None,
) -> str:
    """Run an exec plugin as kubectl does, and return its token; what it says on stderr is seen.

    Only the main thread may call it. SIGTERM ends the plugin, and then this program.

    Args:
        attempt: what is attempted, as the beginning of a message.
        plugin: the `exec` of a user of a kubeconfig.
        folder: to which a path in it is relative.
        cluster: what it is told about the cluster; None if nothing.

    Raises:
        SettingsError: kubectl would not run it; or it cannot be started, fails, or gives no token
            that kubectl could send.
    """
    command, version = str(plugin.get("command") or ""), plugin.get("apiVersion")
    named = f'{attempt}: its exec plugin "{command}"'
    wrong = kubectl_context.wrong_plugin(plugin)
    if not wrong and plugin.get("interactiveMode") == "Always" and not sys.stdin.isatty():
        wrong = (
            'has the interactiveMode "Always", with which kubectl runs it at a terminal only; run the '
            "command at one"
        )
    if wrong:
        message = f"{named} {wrong}"
        raise SettingsError([message])
    program = str(folder / command) if os.sep in command else command
    given = {str(v.get("name")): str(v.get("value")) for v in plugin.get("env") or ()}
    request = {"apiVersion": version, "kind": _KIND}
    may_ask = plugin.get("interactiveMode") != "Never" and sys.stdin.isatty()
    spec = {"interactive": may_ask} | ({} if cluster is None else {"cluster": cluster})
    info = json.dumps(request | {"spec": spec})
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
        status, answered, kind = read["status"], read.get("apiVersion"), read.get("kind")
        token, expiry = status.get("token"), status.get("expirationTimestamp")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{attempt} did not print an {_KIND}; run it by itself to see what it prints"
        raise SettingsError([message]) from error
    if answered != version:
        message = (
            f"{attempt} answered in {answered} and was asked in {version}, which kubectl refuses; "
            "install a newer version of it"
        )
        raise SettingsError([message])
    if kind not in (None, "", _KIND):
        message = f"{attempt} answered with another kind than {_KIND}, which kubectl refuses"
        raise SettingsError([message])
    if bool(status.get("clientCertificateData")) != bool(status.get("clientKeyData")):
        message = f"{attempt} gave a client certificate without its key, or the reverse, which kubectl refuses"
        raise SettingsError([message])
    if expiry is not None and not _is_time(expiry):
        message = f"{attempt} gave an expirationTimestamp that is no time in RFC 3339, which kubectl refuses"
        raise SettingsError([message])
    if not isinstance(token, str) or not token:
        message = f"{attempt} gave no token; name the context of a person or a pipeline"
        raise SettingsError([message])
    return _received(attempt, token)


def _is_time(value: object) -> bool:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        return bool(found and datetime.strptime(found[1], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:  # there is no such day or hour
        return False
