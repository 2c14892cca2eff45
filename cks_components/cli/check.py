"""`cks-access check`: every rule on a stack file, without engine, network or token."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cks_components.cli import stack_config
from cks_components.cli.exit_code import FINE, FOUND
from cks_components.rules import Finding, Level, examine

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
    form.add_argument("--json", action="store_true", help="print the findings as a list of objects")
    form.add_argument("--markdown", action="store_true", help="print them for a pull request")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Print the findings; returns 2 if one refuses.

    Raises:
        SettingsError: there is no such file, or it is not one.
    """
    file = stack_config.find(given.stack, Path.cwd())
    found = sorted(examine(file.values).findings, key=lambda f: list(_MARKS).index(f.level))
    if given.json:
        print(json.dumps([asdict(finding) for finding in found], indent=2))
    elif given.markdown:
        print(_markdown(found))
    else:
        for finding in found:
            print(f"{finding.level}: {finding}")
        print(f"{_summary(found)}; {_NOT_CHECKED}", file=sys.stderr)
    return FOUND if any(finding.refuses for finding in found) else FINE


def _markdown(found: Sequence[Finding]) -> str:
    lines = [f"- {_MARKS[finding.level]} {_escaped(str(finding))}" for finding in found]
    return "\n".join([f"{_summary(found)}; {_NOT_CHECKED}.", "", *lines]).strip()


def _escaped(text: str) -> str:
    """The text as it stands, whatever Markdown or HTML it may look like."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|" else c for c in " ".join(text.split()))


def _summary(found: Sequence[Finding]) -> str:
    counts = {level: sum(f.level is level for f in found) for level in _MARKS}
    said = [f"{n} {level}{'s' if n != 1 else ''}" for level, n in counts.items() if n]
    return f"Every rule was applied: {', '.join(said) or 'no finding'}"
