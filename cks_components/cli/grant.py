"""`cks-access grant`: write a right that ends into a stack file."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from cks_components.api.errors import SettingsError
from cks_components.cli.exit_code import FINE
from cks_components.cli.parameters import Duration, named_stack_argument
from cks_components.kubernetes.nearest_name import nearest
from cks_components.project import repeated_right, stack_config, yaml_insertion
from cks_components.project.stack_config import StackConfig
from cks_components.rules import Level
from cks_components.stack_file.base_model import Location
from cks_components.stack_file.moment import moment_text, read_moment
from cks_components.stack_file.reading import PROJECT
from cks_components.stack_file.settings import StackSettings

_BINDINGS = "bindings"
_CLUSTERS = "clusters"


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """The right to be written."""

    users: Sequence[str]
    groups: Sequence[str]
    role: str
    namespaces: Sequence[str]
    until: datetime
    reason: str

    def entry(self, settings: StackSettings, cluster: int | None) -> dict[str, Any]:
        """The entry of `bindings`."""
        roles = settings.roles if cluster is None else [r for _, r in settings.roles_on(cluster)]
        is_role = any(r.name == self.role and r.namespaces is not None for r in roles)
        found = {
            "users": list(self.users),
            "groups": list(self.groups),
            "role" if is_role else "clusterRole": self.role,
            "namespaces": list(self.namespaces),
            "until": moment_text(self.until),
            "reason": self.reason,
        }
        return {key: value for key, value in found.items() if value}


@dataclass(frozen=True)
class _Written:
    """An entry in the file.

    Attributes:
        path: its path there.
        ended: the paths of the entries that gave the same and have ended.
        warnings: the findings about it, each as a line.
    """

    path: str
    ended: list[str]
    warnings: list[str]


class _MomentType(click.ParamType[datetime]):
    """A point in time as it is written in a stack file."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read the text of an option."""
        try:
            return read_moment(value)
        except ValueError as error:
            self.fail(f'"{value}" {error}', param, ctx)


@click.command(
    help="The entry is added to the end of bindings, of the stack or of a cluster; comments and "
    "everything else in the file stay as they are. Nothing is sent: the right exists once the "
    'change is reviewed and applied, and the first "pulumi up" after its end takes it away. A right '
    "that the file gives already is not written again; the message says how to extend it.",
    epilog="Example: cks-access grant production --group oncall --role view --for 4h",
)
@named_stack_argument
@click.option("--group", "groups", multiple=True, help="A group, as the provider names it.")
@click.option("--user", "users", multiple=True, help="A user, as the provider names it.")
@click.option("--role", required=True, help="A ClusterRole, or a Role of the stack file.")
@click.option(
    "--namespace", "namespaces", multiple=True, help="Only in this namespace; may be repeated."
)
@click.option("--cluster", help="Only on this cluster of the stack file.")
@click.option("--for", "seconds", type=Duration(), help="For how long from now, such as 4h.")
@click.option(
    "--until",
    "end",
    type=_MomentType(),
    help="Until when, such as 2026-12-31 (its beginning in UTC).",
)
@click.option("--reason", default="", help="Why, such as the ticket.")
@click.option("--json", "as_json", is_flag=True, help="Print the entry and its place as JSON.")
def verb(
    *,
    stack: str,
    groups: tuple[str, ...],
    users: tuple[str, ...],
    role: str,
    namespaces: tuple[str, ...],
    cluster: str | None,
    seconds: float | None,
    end: datetime | None,
    reason: str,
    as_json: bool,
) -> int:
    """Write the entry, and print what it is and what to do next.

    Raises:
        CksError: the stack file is refused, with the entry or without it, or cannot be written.
    """
    if not groups and not users:
        message = "nobody is named; give --group or --user"
        raise click.UsageError(message, click.get_current_context())
    file = stack_config.find(stack)
    now = datetime.now(UTC)
    until = _end(seconds, end, now)
    wanted = _Wanted(
        users=users, groups=groups, role=role, namespaces=namespaces, until=until, reason=reason
    )
    settings = file.settings
    index = None if cluster is None else _cluster(settings, cluster)
    entry = wanted.entry(settings, index)
    written = _write(file, index, entry, now)
    path, ended = written.path, written.ended
    for line in written.warnings:
        print(line, file=sys.stderr)
    if as_json:
        data = {"file": str(file.path), "path": path, "entry": entry, "ended": ended}
        print(json.dumps(data, indent=2))
    else:
        old = f"; {', '.join(ended)} ended before and can be deleted" if ended else ""
        print(
            f"{file.path}: added {path}, which ends at {moment_text(until)}{old}; commit it and "
            "open a pull request"
        )
    return FINE


def _end(seconds: float | None, end: datetime | None, now: datetime) -> datetime:
    if (seconds is None) == (end is None):
        message = "give either --for or --until"
        raise click.UsageError(message, click.get_current_context())
    try:
        until = end or now + timedelta(seconds=seconds or 0)
    except OverflowError as error:
        message = "--for ends after the year 9999; give a shorter time"
        raise click.UsageError(message, click.get_current_context()) from error
    if until <= now:
        message = f"{moment_text(until)} is in the past; give a later end"
        raise click.UsageError(message, click.get_current_context())
    return until


def _cluster(settings: StackSettings, named: str) -> int:
    for index, cluster in enumerate(settings.clusters):
        if named in (cluster.key, cluster.name, cluster.id):
            return index
    keys = [cluster.key for cluster in settings.clusters]
    message = (
        f'the stack file has no cluster "{named}"{nearest(named, keys)}; it has {", ".join(keys)}'
    )
    raise SettingsError([message])


def _write(
    file: StackConfig, cluster: int | None, entry: dict[str, Any], now: datetime
) -> _Written:
    """Write an entry into the file."""
    text = _text(file)
    first = _BINDINGS if cluster is None else _CLUSTERS
    if first in file.from_project:
        message = (
            f"cannot add an entry to {first} in {file.path}: they are in {file.project.path}, for "
            "every stack; write the entry there yourself"
        )
        raise SettingsError([message])
    rest: Location = () if cluster is None else (cluster, _BINDINGS)
    place = ("config", _key(file, first), *rest)
    changed = yaml_insertion.with_entry(text, place, entry)
    after = stack_config.parse(file.stack, file.path, changed, file.project)
    settings = after.settings  # raises with every finding if the entry breaks a rule
    part = settings if cluster is None else settings.clusters[cluster]
    ended = repeated_right.ended_before(file, cluster, part.bindings[-1], now)
    try:
        file.path.write_bytes(changed.encode())
    except OSError as error:
        message = f"cannot write {file.path}: {error.strerror}; check its permissions"
        raise SettingsError([message]) from error
    start = "" if cluster is None else f"{_CLUSTERS}[{cluster}]."
    path = f"{start}{_BINDINGS}[{len(part.bindings) - 1}]"
    warnings = [
        str(after.located(finding))
        for finding in after.examined.findings
        if finding.level is Level.WARNING and finding.path.startswith(path)
    ]
    return _Written(path, ended, warnings)


def _text(file: StackConfig) -> str:
    """The file's text with its own line ends."""
    try:
        return file.path.read_bytes().decode()
    except (OSError, ValueError) as error:
        message = f"cannot read {file.path}: {error}; check the path"
        raise SettingsError([message]) from error


def _key(file: StackConfig, name: str) -> str:
    """How a key of `config:` is written in the file, or would be."""
    written = (file.document.value or {}).get("config") or {}
    return name if name in written and file.project.name == PROJECT else f"{PROJECT}:{name}"
