"""Shows the summary of a CI job: on standard output, and on the page of the job in GitHub Actions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from cks_components.access.markdown_report import in_references
from cks_components.api import environment
from cks_components.api.errors import SettingsError
from cks_components.cli.exit_code import ERROR, FINE
from cks_components.review.comment import comment, headline
from cks_components.review.markdown_text import escaped, in_html
from cks_components.review.part import Attention, Part

LONGEST = 1_000_000
"""Characters; GitHub shows a summary of at most one MiB."""


def show(stack: str, job: str, parts: Sequence[Part], limit: int = LONGEST) -> int:
    """Print the summary without the job's secrets, and its headline on standard error.

    Returns:
        The exit code: 1 if a part says that something failed.

    Raises:
        SettingsError: the file of the job's page cannot be written.
    """
    text = written(stack, job, parts, limit)
    print(text, end="")
    page = environment.variables().get("GITHUB_STEP_SUMMARY")
    if page:
        _append(Path(page), text)
    print(without_secrets(headline(stack, parts)), file=sys.stderr)
    return ERROR if any(part.attention is Attention.FAILURE for part in parts) else FINE


def output(name: str, value: str) -> None:
    """Set an output of the step, in GitHub Actions.

    Raises:
        SettingsError: the file of the outputs cannot be written.
    """
    file = environment.variables().get("GITHUB_OUTPUT")
    if file:
        _append(Path(file), f"{name}={value}\n")


def written(stack: str, job: str, parts: Sequence[Part], limit: int) -> str:
    """The summary as Markdown; its first line is a hidden marker of job and stack."""
    return without_secrets(comment(stack, parts, limit, job=job))


def without_secrets(text: str) -> str:
    """The text without the job's secrets, also as Markdown and HTML write them."""
    return environment.without_secrets(
        text, environment.variables(), escaped, in_references, in_html
    )


def _append(page: Path, text: str) -> None:
    try:
        with page.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        message = f"cannot write to {page}: {error.strerror}; only the runner sets its path"
        raise SettingsError([message]) from error
