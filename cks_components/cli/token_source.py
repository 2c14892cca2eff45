"""Where a token to look at comes from: the command line, standard input, or a kubeconfig."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import click

from cks_components.api.environment import kubeconfig_files
from cks_components.api.errors import SettingsError
from cks_components.authentication.go_text import trimmed
from cks_components.kubernetes import kubectl_token
from cks_components.kubernetes.kubectl_token import SentToken

_STDIN = "-"
_BYTE_ORDER_MARK = "\ufeff"


def read(given: Sequence[str], context: str | None) -> SentToken:
    """Get the token; out of an ExecCredential or a token endpoint's answer, if one is given.

    A byte order mark before it, which editors and PowerShell write, does not count.

    Args:
        given: the arguments; "-" is standard input.
        context: the name of a kubeconfig's context.

    Raises:
        click.UsageError: not exactly one source was given; the message repeats no argument.
        SettingsError: the source has no token, or the argument is the path of a file.
    """
    if len(given) + (context is not None) != 1:
        message = (
            "give one token, or - to read it from standard input, or --from-kubeconfig CONTEXT (a "
            "token has no spaces)"
        )
        raise click.UsageError(message, click.get_current_context())
    if context is not None:
        return kubectl_token.token_of(context, kubeconfig_files())
    if given[0] != _STDIN and os.path.isfile(given[0]):  # noqa: PTH113 - it may be no path at all
        message = (
            "cannot explain a token: the argument is the path of a file, and is not read as one; "
            'write "- <" before the path'
        )
        raise SettingsError([message])
    written = sys.stdin.read() if given[0] == _STDIN else given[0]
    text = trimmed(written.removeprefix(_BYTE_ORDER_MARK))
    if not text:
        message = "cannot explain a token: it is empty; pass the ID token"
        raise SettingsError([message])
    return SentToken(_inside(text))


def _inside(text: str) -> str:
    """The token in the JSON of an exec plugin or a token endpoint; another text as it is."""
    if not text.startswith("{"):
        return text
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = {}
    if "payload" in found and ("signature" in found or "signatures" in found):
        return text  # a JWS in JSON form
    status = found.get("status")
    token = status.get("token") if isinstance(status, dict) else found.get("id_token")
    if isinstance(token, str) and token:
        return token
    message = (
        "cannot explain a token: the text begins like JSON, and holds neither the status.token of an "
        "exec plugin nor the id_token of a token endpoint; pass the ID token"
    )
    raise SettingsError([message])
