"""`cks-access access`: which access a stack file grants, and who gains and loses by a change."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click

from cks_components.access import (
    json_report,
    markdown_report,
    matrix,
    page,
    report,
    review_flags,
    text_report,
)
from cks_components.access.difference import compare
from cks_components.access.quoted_text import Name, spoken
from cks_components.access.report import Report
from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.parameters import (
    at_most_one,
    html_option,
    resolve_option,
    stack_argument,
    write_file,
)
from cks_components.project import engine_config, stack_config, stack_version
from cks_components.project.stack_config import StackConfig
from cks_components.project.stack_version import Version

_CODES = (
    "With --diff the exit code is 2 when the change needs a second look: it grants cluster-admin, "
    "grants edit or admin cluster wide or in kube-system, grants a role of the stack or of "
    "Kubernetes itself that lets its holder get at more, grants a role that neither of the two "
    "defines, lets one of these stay longer, changes a role of the stack, deletes one that an entry "
    "still names, leaves nobody with admin, drops a promise of expect or verify, or changes the "
    "login, the names, a webhook, an address or the clusters. With any other change the exit code "
    "is 0; 1 is an error."
)


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
@html_option
@resolve_option
def verb(
    *,
    stack: str | None,
    base: str | None,
    as_json: bool,
    as_markdown: bool,
    html: Path | None,
    is_resolved: bool,
) -> int:
    """Print the table or the difference; reads the files and git, and sends nothing.

    Raises:
        CksError: the stack's file, or another file that it is compared with, cannot be read, or
            the revision does not exist. A revision whose file is broken counts as no access.
    """
    at_most_one({"--json": as_json, "--markdown": as_markdown})
    file = engine_config.find(stack, is_resolved=is_resolved)
    now = _said(stack_version.read(file))
    access = now.access
    if base is None:
        data, table = (
            json_report.of_access(file.stack, access),
            report.of_access(file.stack, access, now.doubts),
        )
        cells = matrix.of_access(access)
        code = FINE
    else:
        before = _before(base, file)
        difference = compare(before.access, access)
        data = json_report.of_difference(file.stack, spoken(before.label, str), difference)
        doubts = tuple(dict.fromkeys((*now.doubts, *before.doubts)))
        table = report.of_difference(file.stack, before.label, difference, doubts)
        cells = matrix.of_difference(difference)
        code = FOUND if review_flags.raised(difference) else FINE
    if html is not None:
        write_file(html, page.of_report(table, cells))
    if as_json:
        print(json.dumps(data, indent=2))
    else:
        print(markdown_report.render(table) if as_markdown else _text(table))
    return code


def _before(named: str, file: StackConfig) -> Version:
    if stack_config.is_path(named):
        return _said(stack_version.read(stack_config.find(named), (Name(named),)))
    return _said(stack_version.at_revision(named, file.stack, file.path, file.project))


def _said(version: Version) -> Version:
    """The version, after saying whether it breaks a rule."""
    if any(finding.refuses for finding in version.findings):
        message = (
            f'{version.path}: breaks a rule and would be refused; run "cks-access check" to see '
            "which"
        )
        print(message, file=sys.stderr)
    return version


def _text(table: Report) -> str:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return text_report.render(table, width=width)
