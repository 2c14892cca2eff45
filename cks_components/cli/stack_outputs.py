"""The outputs of a stack, as `pulumi stack output --json` prints them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cks_components.api.errors import SettingsError, redact
from cks_components.cli.stack_config import is_path

_PATIENCE_SECONDS = 120.0
_HIDDEN = "[secret]"
_ATTEMPT = "cannot read the outputs of stack"


def of_stack(stack: str, *, with_secrets: bool) -> Mapping[str, Any]:
    """Ask the installed Pulumi for the outputs of a stack of the project in this folder.

    Raises:
        SettingsError: Pulumi is not installed or fails, or the stack has no outputs.
    """
    name = Path(stack).stem.removeprefix("Pulumi.") if is_path(stack) else stack
    command = ["pulumi", "stack", "output", "--json", "--non-interactive", "--stack", name]
    attempt = f'{_ATTEMPT} "{name}"'
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program; the name is the value of an option
            [*command, *(["--show-secrets"] if with_secrets else [])],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except OSError as error:
        message = f"{attempt}: pulumi cannot be started; install it, or give the outputs by --outputs"
        raise SettingsError([message]) from error
    except subprocess.TimeoutExpired as error:
        message = f"{attempt}: pulumi gave no answer within {_PATIENCE_SECONDS:.0f} s; run it by itself"
        raise SettingsError([message]) from error
    if done.returncode != 0:
        said = redact(done.stderr) or f"exit code {done.returncode}"
        message = f"{attempt}: pulumi says {said!r}; run the command in the project's folder"
        raise SettingsError([message])
    return _outputs(done.stdout, attempt)


def of_file(name: str) -> Mapping[str, Any]:
    """Read outputs that were saved before; "-" is standard input.

    Raises:
        SettingsError: the file cannot be read, or does not hold outputs.
    """
    attempt = f"{_ATTEMPT} from {'standard input' if name == '-' else name}"
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise SettingsError([f"{attempt}: {reason}; check the path"]) from error
    return _outputs(text, attempt)


def is_hidden(value: object) -> bool:
    """Whether an output is a secret that was not shown."""
    return value == _HIDDEN


def _outputs(text: str, attempt: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        message = f'{attempt}: it is not what "pulumi stack output --json" prints; make it anew'
        raise SettingsError([message])
    if not found:
        message = f'{attempt}: there are none; run "pulumi up" first, or give --cluster without a stack'
        raise SettingsError([message])
    return found
