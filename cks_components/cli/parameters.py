"""Parameters that several verbs share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
from click.shell_completion import CompletionItem


def stack_names(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The stacks whose file lies in this folder or one below it, and files where no stack fits."""
    files = [*Path().glob("Pulumi.*.yaml"), *Path().glob("*/Pulumi.*.yaml")]
    names = sorted({file.stem.removeprefix("Pulumi.") for file in files})
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


stack_argument = click.argument(
    "stack", help="The stack's name, or the path of its file.", shell_complete=stack_names
)


def at_most_one(given: Mapping[str, bool]) -> None:
    """Refuse options that exclude each other.

    Args:
        given: whether each option was given, by its name.

    Raises:
        click.UsageError: more than one was given.
    """
    named = [name for name, is_given in given.items() if is_given]
    if len(named) > 1:
        message = f"{' and '.join(named)} exclude each other; give one of them"
        raise click.UsageError(message, click.get_current_context())
