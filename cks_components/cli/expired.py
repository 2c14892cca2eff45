"""`cks-access expired`: the entries of stack files that have ended and can be deleted."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from cks_components.api.errors import SettingsError
from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.parameters import stack_names
from cks_components.lifecycle.token_renewal import duration_in_words
from cks_components.project import project_file, stack_config
from cks_components.project.positions import LocatedFinding
from cks_components.project.stack_config import StackConfig, advised
from cks_components.rules import Finding, Level
from cks_components.stack_file.moment import moment_text
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.settings import BindingSettings, Located, StackSettings


@dataclass(frozen=True)
class _Ended:
    """An entry that has ended."""

    stack: str
    entry: BindingSettings | PipelineSettings
    until: datetime
    located: LocatedFinding


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
        CksError: a stack file cannot be read.
    """
    now = datetime.now(UTC)
    named = stacks or tuple(project_file.find(Path()).stacks())
    if not named:
        message = "there are no stack files here; run the command in the project's folder"
        raise SettingsError([message])
    found = [ended for stack in named for ended in _ended(stack_config.find(stack), now)]
    if as_json:
        print(json.dumps([_data(ended) for ended in found], indent=2))
    else:
        for ended in found:
            print(ended.located)
        if not found:
            print("nothing has ended", file=sys.stderr)
    return FOUND if found else FINE


def _ended(file: StackConfig, now: datetime) -> list[_Ended]:
    shown = file.examined.shown or file.settings  # which raises with what cannot be read
    return advised(file, partial(list, _entries(file, shown, now)))


def _entries(file: StackConfig, settings: StackSettings, now: datetime) -> Iterator[_Ended]:
    for start, part in settings.parts():
        entries: list[Located[BindingSettings | PipelineSettings]] = [
            *part.located_bindings(start),
            *part.located_pipelines(start),
        ]
        for path, entry in entries:
            if entry.until is not None and entry.has_ended(now):
                text = (
                    f"{_who(entry)}: {entry.role_ref.text} ended "
                    f"{duration_in_words(now - entry.until)} ago ({moment_text(entry.until)}); "
                    "delete the entry"
                )
                finding = Finding(level=Level.INFORMATION, path=path, text=text)
                yield _Ended(file.stack, entry, entry.until, file.located(finding))


def _who(entry: BindingSettings | PipelineSettings) -> str:
    if isinstance(entry, PipelineSettings):
        return f"pipeline {entry.name}"
    return ", ".join([*entry.users, *entry.groups])


def _data(ended: _Ended) -> dict[str, object]:
    return {
        "stack": ended.stack,
        "file": str(ended.located.file),
        "line": ended.located.position.line,
        "path": ended.located.finding.path,
        "until": moment_text(ended.until),
        "reason": ended.entry.reason,
    }
