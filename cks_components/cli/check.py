"""`cks-access check`: every rule on a stack file, without engine, network or token."""

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

_HELP = "apply every rule to a stack file, without engine, network or token"
_MARKS = {Level.ERROR: "🛑", Level.WARNING: "⚠️", Level.INFORMATION: "💡"}
_NOT_CHECKED = (
    "nothing was compared with a cluster, with the state or with the provider's discovery document"
)


def register(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add the verb and its arguments."""
    parser = verbs.add_parser(
        "check",
        help=_HELP,
        description=f"{_HELP}; {_NOT_CHECKED}. Exit code 2 if a finding refuses.",
    )
    parser.add_argument("stack", help="the stack's name, or the path of its file")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--format",
        choices=(*_READ, *_HOSTS),
        default="text",
        help="how the findings are printed; github, gitlab and sarif show each on its line of the "
        "file in a review: workflow commands, a Code Quality report, a log for code scanning",
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
    """Print the findings; returns 2 if one refuses.

    Raises:
        SettingsError: there is no such file, or it is not one.
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
    """With the file as the repository names it, for those who know nothing of a folder in it."""
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
    """The text as it stands, whatever Markdown or HTML it may look like."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|" else c for c in " ".join(text.split()))


def _summary(found: Sequence[LocatedFinding]) -> str:
    counts = {level: sum(f.finding.level is level for f in found) for level in _MARKS}
    said = [f"{n} {level}{'s' if n != 1 else ''}" for level, n in counts.items() if n]
    return f"Every rule was applied: {', '.join(said) or 'no finding'}"


_READ = {"text": _text, "json": _json, "markdown": _markdown}
_HOSTS = {"github": ci_reports.github, "gitlab": ci_reports.gitlab, "sarif": ci_reports.sarif}
