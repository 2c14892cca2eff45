"""`cks-access check`: checks a stack file against every rule, without Pulumi, network or token."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from cks_components.cli import ci_reports, stack_config
from cks_components.cli.exit_code import FINE, FOUND
from cks_components.cli.positions import LocatedFinding
from cks_components.cli.stack_config import FileError
from cks_components.rules import Level, examine

_HELP = "check a stack file against every rule, without Pulumi, network or token"
_MARKS = {Level.ERROR: "🛑", Level.WARNING: "⚠️", Level.INFORMATION: "💡"}
_OTHERS = "a cluster, the state or the provider's discovery document"
_NOT_CHECKED = f"nothing was compared with {_OTHERS}"


def register(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add the verb and its arguments."""
    parser = verbs.add_parser(
        "check",
        help=_HELP,
        description=f"{_HELP}. Nothing is compared with {_OTHERS}. The exit code is 2 if a finding refuses the file.",
    )
    parser.add_argument("stack", help="the stack's name, or the path of its file")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--format",
        choices=(*_READ, *_HOSTS),
        default="text",
        help="how to print the findings; github (workflow commands), gitlab (a Code Quality report) "
        "and sarif (a code scanning log) let a review show each finding on its line of the file",
    )
    for name in ("json", "markdown"):
        form.add_argument(
            f"--{name}",
            action="store_const",
            dest="format",
            const=name,
            help=f"the same as --format {name}",
        )
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Print the findings; return 2 if one refuses the file.

    Raises:
        SettingsError: the file does not exist, or is not a stack file.
    """
    try:
        file = stack_config.find(given.stack, Path())
    except FileError as error:
        if given.format in _HOSTS:
            print(_HOSTS[given.format]([_in_repository(error.located)]))
        raise
    told = filter(file.is_readable, examine(file.values).findings)
    findings = sorted(told, key=lambda f: list(_MARKS).index(f.level))
    found = [file.located(finding) for finding in findings]
    if given.format in _HOSTS:
        text = _HOSTS[given.format](list(map(_in_repository, found)))
    else:
        text = _READ[given.format](found)
    if text:
        print(text)
    if given.format == "text":
        print(f"{_summary(found)}; {_NOT_CHECKED}", file=sys.stderr)
    return FOUND if any(finding.refuses for finding in findings) else FINE


def _in_repository(located: LocatedFinding) -> LocatedFinding:
    """The finding with its file's path from the root of the repository, as hosts expect it."""
    path = located.file.resolve()
    root = next((folder for folder in path.parents if (folder / ".git").exists()), None)
    return located if root is None else replace(located, file=path.relative_to(root))


def _text(found: Sequence[LocatedFinding]) -> str:
    return "\n".join(f"{located.finding.level}: {located}" for located in found)


def _json(found: Sequence[LocatedFinding]) -> str:
    return json.dumps([_data(located) for located in found], indent=2)


def _data(located: LocatedFinding) -> dict[str, Any]:
    place = {"file": str(located.file), **located.position._asdict()}
    return asdict(located.finding) | place


def _markdown(found: Sequence[LocatedFinding]) -> str:
    lines = [f"- {_MARKS[located.finding.level]} {_escaped(str(located))}" for located in found]
    return "\n".join([f"{_summary(found)}; {_NOT_CHECKED}.", "", *lines]).strip()


def _escaped(text: str) -> str:
    """The text with Markdown and HTML escaped."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|" else c for c in " ".join(text.split()))


def _summary(found: Sequence[LocatedFinding]) -> str:
    counts = {level: sum(f.finding.level is level for f in found) for level in _MARKS}
    parts = [f"{n} {level}{'s' if n != 1 else ''}" for level, n in counts.items() if n]
    return f"Every rule was applied: {', '.join(parts) or 'no finding'}"


_READ = {"text": _text, "json": _json, "markdown": _markdown}
_HOSTS = {"github": ci_reports.github, "gitlab": ci_reports.gitlab, "sarif": ci_reports.sarif}
