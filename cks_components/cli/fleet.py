"""`cks-access fleet`: one file for clusters that are divided among several stacks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from cks_components.api.errors import SettingsError
from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.parameters import FilePath, write_file
from cks_components.project import engine_yaml, fleet_file, fleet_moves, project_file
from cks_components.project.fleet_file import Fleet
from cks_components.project.project_file import ProjectFile
from cks_components.project.rendered_stack import (
    by_hand,
    differing,
    entries,
    is_rendered,
    lost,
    own_values,
    rendered,
)
from cks_components.project.yaml_file import document_of, is_there, text_of

_DEFAULT = "fleet.yaml"
_EXAMPLE = "cks-access fleet render --check"
_file_argument = click.argument(
    "file",
    required=False,
    default=Path(_DEFAULT),
    type=FilePath(path_type=Path),
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
        SettingsError: the fleet file is wrong, there is no project, or a stack file has what would
            be lost; with `--check` that is printed.
    """
    fleet = fleet_file.read(file)
    project = _project()
    files = [_file(fleet, project, stack) for stack in fleet.stacks]
    refused = [line for each in files for line in each.refusals(replaces=replaces)]
    if refused and not is_check:
        raise SettingsError(refused)
    changed = [each for each in files if each.old != each.new]
    for each in changed:
        if not is_check:
            write_file(each.path, each.new, with_folder=True)
        if not as_json:
            print(f"{'differs from' if is_check else 'written from'} {file}: {each.described}")
    left = _left_over(fleet, project)
    after = {stack: {*entries(values["clusters"])} for stack, values in fleet.stacks.items()}
    before = {each.stack: {*entries(each.before.get("clusters"))} for each in files} | left
    remarks = [*refused, *fleet_moves.advice(before, after)]
    remarks += [_abandoned(project.file_of(stack), file) for stack in left]
    remarks.append(f"stack files: {len(changed)} changed, {len(files) - len(changed)} unchanged")
    print("\n".join(remarks), file=sys.stderr)
    if as_json:
        print(_json(project, files, changed, left))
    is_in_two = any(old in left for old, _ in fleet_moves.moved(before, after))
    return FOUND if is_check and (changed or is_in_two) else FINE


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


@dataclass(frozen=True)
class _StackFile:
    """A stack file as it is, and as the fleet file has it.

    Attributes:
        before: the values that are there by the keys after `cks-access:`; none if there is no file.
        after: those of the new text.
        by_others: who else has written it, with what to do; empty if nobody.
    """

    stack: str
    path: Path
    old: str
    new: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    by_others: str

    @property
    def described(self) -> str:
        """The path, with what differs."""
        names = differing(self.before, self.after) if self.old else []
        return f"{self.path} ({fleet_moves.some(names)})" if names else str(self.path)

    def refusals(self, *, replaces: bool) -> Iterator[str]:
        """Why the file must not be written."""
        if self.by_others and not replaces:
            yield f"{self.path} {self.by_others}"
        places = list(lost(self.before, self.after))
        if places:
            yield (
                f"{self.path}: the fleet file leaves no place for what is encrypted there: "
                f"{fleet_moves.some(places)}. Keep the part around it, without a value of its own, "
                f"in the fleet file, or delete what is not needed any more from {self.path} first"
            )


def _project() -> ProjectFile:
    project = project_file.find(Path())
    if project.path is None:
        message = (
            "there is no Pulumi.yaml in this folder or above it, so there is no project for the "
            "stack files; run the command in the project's folder"
        )
        raise SettingsError([message])
    if project.ending == ".json":
        message = (
            f"{project.path} is JSON, and stack files are written as YAML; rename {project.path}"
        )
        raise SettingsError([f"{message} to Pulumi.yaml"])
    return project


def _file(fleet: Fleet, project: ProjectFile, stack: str) -> _StackFile:
    path = project.file_of(stack)
    old = text_of(path, "check who may read it") if is_there(path) else ""
    present = document_of(path, old).value or {}
    new = rendered(fleet.path, fleet.stacks[stack], present, project.name)
    return _StackFile(
        stack,
        path,
        old,
        new,
        own_values(present, project.name),
        own_values(engine_yaml.load(new), project.name),
        _by_others(fleet, old, present, project.name),
    )


def _by_others(fleet: Fleet, old: str, present: Mapping[str, Any], project: str) -> str:
    """Who wrote a file that this fleet file must not replace; empty if it may."""
    if is_rendered(old):
        if is_rendered(old, fleet.path):
            return ""
        return (
            f"was written from another fleet file than {fleet.path.name}, as its first line says; "
            'give one of the two stacks another name, or run the command again with "--replace"'
        )
    keys = by_hand(present, project)
    if not keys:
        return ""
    return (
        f"was written by hand: {', '.join(keys)} would be replaced. Move them to {fleet.path}, then "
        'run the command again with "--replace"'
    )


def _left_over(fleet: Fleet, project: ProjectFile) -> dict[str, set[str]]:
    """The stacks that left the fleet file, with the clusters in their files."""
    found: dict[str, set[str]] = {}
    for stack in project.stacks():
        path = project.file_of(stack)
        text = text_of(path, "check who may read it")
        if stack not in fleet.stacks and is_rendered(text, fleet.path):
            present = document_of(path, text).value or {}
            found[stack] = {*entries(own_values(present, project.name).get("clusters"))}
    return found


def _abandoned(path: Path, file: Path) -> str:
    return (
        f"{path} belongs to no stack of {file} any more; its clusters still have what that stack has "
        'set. Unless the stack was renamed or its clusters moved, run "pulumi destroy" on it, then '
        "delete the file"
    )


def _json(
    project: ProjectFile,
    files: Sequence[_StackFile],
    changed: Sequence[_StackFile],
    left: Iterable[str],
) -> str:
    found = {
        "changed": [each.path for each in changed],
        "unchanged": [each.path for each in files if each not in changed],
        "leftOver": [project.file_of(stack) for stack in left],
    }
    return json.dumps({k: list(map(str, v)) for k, v in found.items()}, indent=2)
