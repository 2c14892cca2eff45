"""Where a token to look at comes from: the command line, standard input, or a kubeconfig."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from cks_components.api.environment import kubeconfig_files
from cks_components.api.errors import SettingsError
from cks_components.authentication.go_text import trimmed
from cks_components.kubernetes import kubectl_token

_STDIN = "-"


def read(given: Sequence[str], context: str | None) -> str:
    """Get the token.

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
    text = trimmed(sys.stdin.read() if given[0] == _STDIN else given[0])
    if not text:
        message = "cannot explain a token: it is empty; pass the ID token"
        raise SettingsError([message])
    return text
