"""The outputs of a stack, as `pulumi stack output --json` prints them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cks_components.api.errors import SettingsError
from cks_components.project import pulumi_command, stack_config
from cks_components.project.yaml_file import is_there, text_of

_ATTEMPT = "cannot read the outputs of"
_STANDARD_INPUT = "-"
_UNKNOWN_STACK = "no stack named"
"""How Pulumi begins to say that its backend has no such stack."""


def of_stack(named: str | None, *, with_secrets: bool) -> Mapping[str, Any]:
    """Ask the installed Pulumi for the outputs of a stack of the project in this folder.

    Args:
        named: the stack, or the path of its file; None for the selected one.
        with_secrets: whether to ask for the values of secret outputs.

    Raises:
        SettingsError: Pulumi is not installed or fails, or the stack has no outputs.
    """
    place = stack_config.place_of(named)
    stack = place.stack
    attempt = f'{_ATTEMPT} stack "{stack}"'
    options = ["--show-secrets"] if with_secrets else []
    try:
        printed = pulumi_command.printed(
            *("stack", "output", "--json", "--stack", stack, *options),
            attempt=attempt,
            otherwise="name a file with --outputs",
        )
    except SettingsError as error:
        if _UNKNOWN_STACK not in str(error) or is_there(place.path):
            raise
        message = f"{error}; {stack_config.advice(place)}"
        raise SettingsError([message]) from error
    return _outputs(printed, attempt)


def of_file(name: str) -> Mapping[str, Any]:
    """Read outputs that were saved before; "-" is standard input.

    Raises:
        SettingsError: the file cannot be read, or does not hold outputs.
    """
    if name == _STANDARD_INPUT:
        return _outputs(sys.stdin.read(), f"{_ATTEMPT} a stack from standard input")
    return _outputs(text_of(Path(name), "check the path"), f"{_ATTEMPT} a stack from {name}")


def is_hidden(value: object) -> bool:
    """Whether an output is a secret that was not asked for."""
    return value == pulumi_command.SECRET


def _outputs(text: str, attempt: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        message = f'{attempt}: this is not what "pulumi stack output --json" prints'
        raise SettingsError([message])
    if not found:
        message = (
            f'{attempt}: there are none; run "pulumi up" first, or make the kubeconfig of a cluster '
            "as it is now with --cluster and without a stack"
        )
        raise SettingsError([message])
    return found
