"""`cks-access fleet`: one file for clusters that are divided among several stacks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from cks_components.api.errors import SettingsError
from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.parameters import write_file
from cks_components.project import fleet_file, project_file
from cks_components.project.fleet_file import Fleet
from cks_components.project.project_file import ProjectFile
from cks_components.project.rendered_stack import by_hand, head, rendered
from cks_components.project.yaml_file import document_of, is_there, text_of

_DEFAULT = "fleet.yaml"
_EXAMPLE = "cks-access fleet render --check"
_file_argument = click.argument(
    "file",
    required=False,
    default=Path(_DEFAULT),
    type=click.Path(path_type=Path),
    help=f"The fleet file; {_DEFAULT} if not given.",
)


@click.group(epilog=f"Example: {_EXAMPLE}")
def verb() -> None:
    """Choose what is done with the fleet file."""


@verb.command(
    help="Write the stack file of each stack of the fleet, beside the stack files of the project "
    "in this folder. What Pulumi itself keeps in a stack file stays there: encrypted values, "
    "encryptionsalt, and the configuration of other projects.\n\n"
    "Neither the clusters nor Pulumi's state are touched. The same fleet file gives the same files.",
    epilog=f"Example: {_EXAMPLE}",
)
@_file_argument
@click.option(
    "--check",
    "is_check",
    is_flag=True,
    help="Write nothing; the exit code is 2 if a stack file differs from the fleet file.",
)
@click.option(
    "--replace",
    "replaces",
    is_flag=True,
    help="Replace the settings of stack files that were written by hand as well.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the changed, unchanged and left over files as JSON.",
)
def render(*, file: Path, is_check: bool, replaces: bool, as_json: bool) -> int:
    """Write the stack files; return 2 if one would be changed and nothing may be written.

    Raises:
        SettingsError: the fleet file is wrong, or a stack file was written by hand.
    """
    fleet, project = fleet_file.read(file), project_file.find(Path())
    if project.path is not None and project.ending == ".json":
        message = (
            f"{project.path} is JSON, and stack files are written as YAML; rename {project.path}"
        )
        raise SettingsError([f"{message} to Pulumi.yaml"])
    texts = _texts(fleet, project, replaces=replaces)
    changed = {path: new for path, (old, new) in texts.items() if old != new}
    for path, text in changed.items():
        if not is_check:
            write_file(path, text, with_folder=True)
        if not as_json:
            print(f"{'differs from' if is_check else 'written from'} {file}: {path}")
    left = list(_left_over(fleet, project))
    for path in left:
        print(
            f"{path} belongs to no stack of {file} any more; its clusters still have what that "
            f'stack has set. Run "pulumi destroy" or "pulumi state move" on it, then delete the file',
            file=sys.stderr,
        )
    print(
        f"stack files: {len(changed)} changed, {len(texts) - len(changed)} unchanged",
        file=sys.stderr,
    )
    if as_json:
        unchanged = [path for path in texts if path not in changed]
        found = {"changed": [*changed], "unchanged": unchanged, "leftOver": left}
        print(json.dumps({k: list(map(str, v)) for k, v in found.items()}, indent=2))
    return FOUND if is_check and changed else FINE


@verb.command(
    help="Print the names of the fleet's stacks, one a line: for a workflow that runs each.",
    epilog="Example: cks-access fleet stacks --json",
)
@_file_argument
@click.option("--json", "as_json", is_flag=True, help="As a JSON list on one line.")
def stacks(*, file: Path, as_json: bool) -> int:
    """Print the names.

    Raises:
        SettingsError: the fleet file is wrong.
    """
    names = list(fleet_file.read(file).stacks)
    print(json.dumps(names) if as_json else "\n".join(names))
    return FINE


def _texts(fleet: Fleet, project: ProjectFile, *, replaces: bool) -> dict[Path, tuple[str, str]]:
    """The present and the new text of each stack file."""
    found: dict[Path, tuple[str, str]] = {}
    refused = []
    for stack, values in fleet.stacks.items():
        path = project.file_of(stack)
        old = text_of(path, "check who may read it") if is_there(path) else ""
        present = document_of(path, old).value or {}
        found[path] = old, rendered(fleet.path, values, present, project.name)
        if (keys := by_hand(old, present, project.name)) and not replaces:
            refused.append(
                f"{path} was written by hand: {', '.join(keys)} would be replaced. Move them to "
                f'{fleet.path}, then run the command again with "--replace"'
            )
    if refused:
        raise SettingsError(refused)
    return found


def _left_over(fleet: Fleet, project: ProjectFile) -> Iterator[Path]:
    for stack in project.stacks():
        path = project.file_of(stack)
        first = text_of(path, "check who may read it").partition("\n")[0]
        if stack not in fleet.stacks and first == head(fleet.path):
            yield path
