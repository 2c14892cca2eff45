"""`cks-access check`: checks a stack file against every rule, without Pulumi, network or token."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.parameters import at_most_one, resolve_option, stack_argument
from cks_components.cli.terminal import shown
from cks_components.project import engine_config
from cks_components.project.positions import LocatedFinding
from cks_components.project.yaml_file import FileError
from cks_components.review import ci_reports
from cks_components.review.markdown_text import escaped
from cks_components.rules import Finding, Level, joined

_MARKS = {Level.ERROR: "🛑", Level.WARNING: "⚠️", Level.INFORMATION: "💡"}
_OTHERS = "a cluster, the state or the provider's discovery document"
_NOT_CHECKED = f"nothing was compared with {_OTHERS}"


def _text(found: Sequence[LocatedFinding], _summary: str) -> str:
    return "\n".join(shown(f"{located.finding.level}: {located}") for located in found)


def _json(found: Sequence[LocatedFinding], _summary: str) -> str:
    return json.dumps([located.as_data() for located in found], indent=2)


def _markdown(found: Sequence[LocatedFinding], summary: str) -> str:
    lines = [f"- {_MARKS[located.finding.level]} {escaped(str(located))}" for located in found]
    return "\n".join([f"{summary}; {_NOT_CHECKED}.", "", *lines]).strip()


def _summarized(findings: Sequence[Finding], unapplied: Sequence[str]) -> str:
    parts = [
        _counted(sum(f.level is level for f in findings), str(level))
        for level in _MARKS
        if any(f.level is level for f in findings)
    ]
    applied = "Every rule was applied"
    if unapplied:
        applied = f"{_counted(len(unapplied), 'rule')} could not be applied, and a finding says why"
    return f"{applied}: {', '.join(parts) or 'no finding'}"


def _order(finding: Finding) -> int:
    return list(_MARKS).index(finding.level)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


_READ = {"text": _text, "json": _json, "markdown": _markdown}
_FOR_PEOPLE = ("text", "markdown")
_HOSTS = {"github": ci_reports.github, "gitlab": ci_reports.gitlab, "sarif": ci_reports.sarif}


@click.command(
    help=f"Nothing is compared with {_OTHERS}. The exit code is 2 if a finding refuses the file.",
    epilog="Example: cks-access check production --format sarif",
)
@stack_argument
@click.option(
    "--format",
    "shape",
    type=click.Choice([*_READ, *_HOSTS]),
    help="How to print the findings; text if not given. github (workflow commands), gitlab (a Code "
    "Quality report) and sarif (a code scanning log) let a review show each finding on its line of "
    "the file.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--markdown", "as_markdown", is_flag=True, help="The same as --format markdown.")
@resolve_option
def verb(
    *, stack: str | None, shape: str | None, as_json: bool, as_markdown: bool, is_resolved: bool
) -> int:
    """Print the findings; return 2 if one refuses the file.

    Raises:
        SettingsError: the file does not exist, or is not a stack file.
    """
    at_most_one({"--format": shape is not None, "--json": as_json, "--markdown": as_markdown})
    form = shape or ("json" if as_json else "markdown" if as_markdown else "text")
    try:
        file = engine_config.find(stack, is_resolved=is_resolved)
    except FileError as error:
        if form in _HOSTS:
            print(_HOSTS[form]([error.located]))
        raise
    examined = file.examined
    findings = sorted(examined.findings, key=_order)
    shown = joined(findings) if form in _FOR_PEOPLE else findings
    found = sorted(
        [*map(file.located, shown), *file.remarks()], key=lambda located: _order(located.finding)
    )
    summary = _summarized([located.finding for located in found], examined.unapplied)
    text = _HOSTS[form](found) if form in _HOSTS else _READ[form](found, summary)
    if text:
        print(text)
    if form == "text":
        print(f"{summary}; {_NOT_CHECKED}", file=sys.stderr)
    return FOUND if any(finding.refuses for finding in findings) else FINE
