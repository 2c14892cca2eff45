"""Asks the installed `pulumi` about a stack, and says why it has no answer."""

from __future__ import annotations

import subprocess

from cks_components.api.errors import SettingsError, redact

SECRET = "[secret]"  # noqa: S105 - no value, but what stands in place of one
"""What `pulumi` prints in place of a value that it does not show."""
_PATIENCE_SECONDS = 120.0


def not_started(error: OSError) -> str:
    """Why `pulumi` could not be run, and what to do."""
    if isinstance(error, FileNotFoundError):
        return "pulumi is not installed; install it"
    return f"cannot run pulumi: {error.strerror}"


def printed(*arguments: str, attempt: str, otherwise: str = "") -> str:
    """What a command of `pulumi` prints.

    Args:
        arguments: the command and its options.
        attempt: what is attempted, as the beginning of a message.
        otherwise: what to do where `pulumi` is not installed, beside installing it; empty if there
            is nothing else.

    Raises:
        SettingsError: it is not installed, does not end in time, or fails.
    """
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program; the stack's name is one argument of it
            ["pulumi", "--non-interactive", "--color", "never", *arguments],  # noqa: S607 - found on PATH, as everywhere
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except OSError as error:
        message = f"{attempt}: {not_started(error)}"
        raise SettingsError([f"{message}, or {otherwise}" if otherwise else message]) from error
    except subprocess.TimeoutExpired as error:
        message = f"{attempt}: pulumi did not answer within {_PATIENCE_SECONDS:.0f} s; try again"
        raise SettingsError([message]) from error
    if done.returncode != 0:
        said = redact(done.stderr).removeprefix("error: ") or f"exit code {done.returncode}"
        raise SettingsError([f"{attempt}: {said}"])
    return done.stdout
