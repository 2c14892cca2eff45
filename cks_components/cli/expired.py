"""`cks-access expired`: the entries of stack files that have ended and can be deleted."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from cks_components.api.errors import SettingsError
from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.parameters import stack_names
from cks_components.project import ended_rights, project_file, stack_config
from cks_components.project.ended_rights import EndedRight
from cks_components.stack_file.moment import moment_text


@click.command(
    help="Without a stack, every stack file of the project is read. Nothing is sent. The rights "
    'themselves are taken away by the first "pulumi up" after their end.\n\n'
    "Exit codes: 0, nothing has ended; 1, an error; 2, there is something to delete.",
    epilog="Example: cks-access expired production staging",
)
@click.argument(
    "stacks",
    nargs=-1,
    metavar="[STACK]...",
    help="The stacks' names, or the paths of their files.",
    shell_complete=stack_names,
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def verb(*, stacks: tuple[str, ...], as_json: bool) -> int:
    """Print each entry that has ended, with its place.

    Raises:
        CksError: a stack file cannot be read; what has ended in the others is said on
            standard error then.
    """
    now = datetime.now(UTC)
    named = stacks or tuple(project_file.find(Path()).stacks())
    if not named:
        message = "there are no stack files here; run the command in the project's folder"
        raise SettingsError([message])
    found: list[EndedRight] = []
    unreadable: list[str] = []
    for stack in named:
        try:
            found += ended_rights.of_file(stack_config.find(stack), now)
        except SettingsError as error:
            unreadable += error.findings
    if unreadable:
        for ended in found:
            print(ended.located, file=sys.stderr)
        raise SettingsError(unreadable)
    if as_json:
        print(json.dumps([_data(ended) for ended in found], indent=2))
    else:
        for ended in found:
            print(ended.located)
        if not found:
            print("nothing has ended", file=sys.stderr)
    return FOUND if found else FINE


def _data(ended: EndedRight) -> dict[str, object]:
    return {
        "stack": ended.stack,
        "file": str(ended.located.file),
        "line": ended.located.position.line,
        "path": ended.located.finding.path,
        "until": moment_text(ended.until),
        "reason": ended.entry.reason,
    }
