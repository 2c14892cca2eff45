"""`cks-access access`: which access a stack file grants, and who gains and loses by a change."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from cks_components.access import json_report, markdown_report, report, review_flags, text_report
from cks_components.access.difference import compare
from cks_components.access.grants import NO_ACCESS, Access
from cks_components.access.grants import granted_access as granted
from cks_components.access.quoted_text import Name, Phrase, spoken
from cks_components.access.report import Report
from cks_components.api.errors import SettingsError
from cks_components.cli import git_revision, stack_config
from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.parameters import at_most_one, stack_argument
from cks_components.cli.stack_config import StackFile
from cks_components.rules import examine

_CODES = (
    "With --diff the exit code is 2 when the change needs a second look: it grants cluster-admin, "
    "grants edit or admin cluster wide or in kube-system, leaves nobody with admin, or changes the "
    "login, the names, a webhook, an address or the clusters. With any other change the exit code "
    "is 0; 1 is an error."
)


@dataclass(frozen=True)
class _Base:
    """What a version is compared with: its label, its access, and why it could not be read."""

    label: Phrase
    access: Access
    doubts: tuple[Phrase, ...] = ()


@click.command(help=_CODES, epilog="Example: cks-access access production --diff main")
@stack_argument
@click.option(
    "--diff",
    "base",
    metavar="BASE",
    help="Compare with this git revision of the file, or with another file (.yaml).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print a comment for a pull request.")
def verb(*, stack: str, base: str | None, as_json: bool, as_markdown: bool) -> int:
    """Print the table or the difference; reads the files and git, and sends nothing.

    Raises:
        CksError: the stack's file, or another file that it is compared with, cannot be read, or
            the revision does not exist. A revision whose file is broken counts as no access.
    """
    at_most_one({"--json": as_json, "--markdown": as_markdown})
    file = stack_config.find(stack, Path())
    access = _granted(file)
    if base is None:
        data, table = (
            json_report.of_access(file.stack, access),
            report.of_access(file.stack, access),
        )
        code = FINE
    else:
        before = _base(base, file)
        difference = compare(before.access, access)
        data = json_report.of_difference(file.stack, spoken(before.label, str), difference)
        table = report.of_difference(file.stack, before.label, difference, before.doubts)
        code = FOUND if review_flags.raised(difference) else FINE
    if as_json:
        print(json.dumps(data, indent=2))
    else:
        print(markdown_report.render(table) if as_markdown else _text(table))
    return code


def _base(named: str, file: StackFile) -> _Base:
    if stack_config.is_path(named):
        return _Base((Name(named),), _granted(stack_config.find(named, Path())))
    try:
        content = git_revision.text_at(named, file.path)
    except git_revision.NotTextError as error:
        return _unreadable(named, error)
    if content is None:
        return _Base((Name(named), ", where the file does not exist"), NO_ACCESS)
    path = Path(f"{named}:{file.path.name}")
    try:
        return _Base((Name(named),), _granted(stack_config.parse(file.stack, path, content)))
    except SettingsError as error:
        return _unreadable(named, error)


def _unreadable(named: str, error: SettingsError) -> _Base:
    """A broken base does not stop the comparison: the change may be what repairs it."""
    doubt: Phrase = (
        "the file at ",
        Name(named),
        " could not be read, so all access is shown as new, even where it existed before; "
        "what is wrong there: ",
        Name("; ".join(error.findings)),
    )
    return _Base((Name(named), ", where the file cannot be read"), NO_ACCESS, (doubt,))


def _granted(file: StackFile) -> Access:
    """What a version grants, even if it breaks rules.

    That is when a reviewer most wants to see who would gain access, and a base may be older than a
    rule.
    """
    examined = examine(file.values)
    refusals = [f for f in examined.findings if f.refuses and file.is_readable(f)]
    unreadable = [str(file.located(finding)) for finding in refusals if not finding.rule]
    if examined.settings is None or unreadable:
        raise SettingsError(unreadable)
    if refusals:
        message = (
            f'{file.path}: breaks a rule and would be refused; run "cks-access check" to see which'
        )
        print(message, file=sys.stderr)
    return granted(examined.settings)


def _text(table: Report) -> str:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return text_report.render(table, width=width)
