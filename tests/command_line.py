"""Reads a command of `cks-access` as the command line does, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from cks_components.cli.command import program


def parsed(arguments: Sequence[str]) -> dict[str, Any]:
    """The values of a command's parameters.

    Raises:
        click.UsageError: it is not a command of ours.
    """
    command: click.Command = program
    context = click.Context(program, info_name="cks-access")
    rest = list(arguments)
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
        context = click.Context(command, info_name=name, parent=context)
    return command.make_context(command.name, rest).params
