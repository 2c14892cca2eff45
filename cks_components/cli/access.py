"""`cks-access access`: which access a stack file grants, and who gains and loses by a change."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cks_components.access import json_report, markdown_report, report, review_flags, text_report
from cks_components.access.difference import compare
from cks_components.access.grants import NO_ACCESS, Access
from cks_components.access.grants import granted_access as granted
from cks_components.access.quoted_text import Name, Phrase, spoken
from cks_components.access.report import Report
from cks_components.api.errors import SettingsError
from cks_components.cli import git_revision, stack_config
from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.stack_config import StackFile
from cks_components.rules import examine

_HELP = "show the access that a stack file grants, or who gains and loses access by a change"
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


def register(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add the verb and its arguments."""
    parser = verbs.add_parser("access", help=_HELP, description=_HELP, epilog=_CODES)
    parser.add_argument("stack", help="the stack's name, or the path of its file")
    parser.add_argument(
        "--diff",
        metavar="BASE",
        help="compare with this git revision of the file, or with another file (.yaml)",
    )
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print the result as JSON")
    shape.add_argument("--markdown", action="store_true", help="print a comment for a pull request")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Print the table or the difference; reads the files and git, and sends nothing.

    Raises:
        CksError: the stack's file, or another file that it is compared with, cannot be read, or
            the revision does not exist. A revision whose file is broken counts as no access.
    """
    file = stack_config.find(given.stack, Path())
    access = _granted(file)
    if given.diff is None:
        _show(
            given, json_report.of_access(file.stack, access), report.of_access(file.stack, access)
        )
        return FINE
    base = _base(given.diff, file)
    difference = compare(base.access, access)
    _show(
        given,
        json_report.of_difference(file.stack, spoken(base.label, str), difference),
        report.of_difference(file.stack, base.label, difference, base.doubts),
    )
    return FOUND if review_flags.raised(difference) else FINE


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


def _show(given: argparse.Namespace, found: dict[str, Any], table: Report) -> None:
    if given.json:
        print(json.dumps(found, indent=2))
    elif given.markdown:
        print(markdown_report.render(table))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print(text_report.render(table, width=width))
