"""Findings in the formats of GitHub, GitLab and SARIF, which show each finding on its line.

Paths are those from the root of the repository, as the hosts expect them.

GitHub: workflow commands of a job's output. GitLab: a Code Quality report
(`artifacts: reports: codequality`). SARIF 2.1.0: code scanning, and most editors.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cks_components.project.positions import LocatedFinding
from cks_components.rules import RULES, Level

_TOOL = "cks-access"
_SHAPE = "stack-file"
"""The id of a finding about the form of the file, which breaks no rule."""
_SHAPE_TITLE = (
    "a stack file has the keys and kinds of values that docs/stack-file.schema.json names"
)
_HELP = (
    "docs/rules.md says how strict a rule is in which environment, and whether it can be waived."
)
_GITHUB = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFORMATION: "notice"}
_GITLAB = {Level.ERROR: "blocker", Level.WARNING: "minor", Level.INFORMATION: "info"}
_SARIF = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFORMATION: "note"}


def github(found: Sequence[LocatedFinding]) -> str:
    """Make a workflow command for each finding; GitHub shows ten of each level for a step."""
    return "\n".join(map(_command, _in_repository(found)))


def gitlab(found: Sequence[LocatedFinding]) -> str:
    """Make a Code Quality report."""
    return json.dumps([_issue(located) for located in _in_repository(found)], indent=2)


def sarif(found: Sequence[LocatedFinding]) -> str:
    """Make a SARIF log of one run, with the rules that its results break."""
    found = _in_repository(found)
    rules = sorted({_rule(located) for located in found})
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": _TOOL, "rules": [_descriptor(rule) for rule in rules]}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(located) for located in found],
            }
        ],
    }
    return json.dumps(log, indent=2)


def _in_repository(found: Sequence[LocatedFinding]) -> list[LocatedFinding]:
    return [replace(located, file=_from_root(located.file)) for located in found]


def _from_root(file: Path) -> Path:
    path = file.resolve()
    root = next((folder for folder in path.parents if (folder / ".git").exists()), None)
    return file if root is None else path.relative_to(root)


def _command(located: LocatedFinding) -> str:
    properties = {
        "file": located.file.as_posix(),
        "line": str(located.position.line),
        "col": str(located.position.column),
        "title": f"{_TOOL} {_rule(located)}",
    }
    pairs = ",".join(f"{name}={_escaped_property(value)}" for name, value in properties.items())
    return f"::{_GITHUB[located.finding.level]} {pairs}::{_escaped(str(located.finding))}"


def _escaped(text: str) -> str:
    """The text on one line, so that no part of it is read as another command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _issue(located: LocatedFinding) -> dict[str, Any]:
    line, column = located.position
    return {
        "description": str(located.finding),
        "check_name": _rule(located),
        "fingerprint": _fingerprint(located),
        "severity": _GITLAB[located.finding.level],
        "location": {
            "path": located.file.as_posix(),
            "positions": {"begin": {"line": line, "column": column}},
        },
    }


def _result(located: LocatedFinding) -> dict[str, Any]:
    line, column = located.position
    physical = {
        "artifactLocation": {"uri": quote(located.file.as_posix()), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": line, "startColumn": column},
    }
    result = {
        "ruleId": _rule(located),
        "level": _SARIF[located.finding.level],
        "message": {"text": str(located.finding)},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {"finding/v1": _fingerprint(located)},
    }
    if located.finding.waiver:
        waived = {"kind": "inSource", "justification": located.finding.waiver}
        result["suppressions"] = [waived]
    return result


def _descriptor(rule: str) -> dict[str, Any]:
    titles = [known.title for known in RULES if known.id == rule] or [_SHAPE_TITLE]
    return {
        "id": rule,
        "shortDescription": {"text": titles[0]},
        "fullDescription": {"text": "; ".join(titles)},
        "help": {"text": _HELP},
    }


def _rule(located: LocatedFinding) -> str:
    return located.finding.rule or _SHAPE


def _fingerprint(located: LocatedFinding) -> str:
    """A mark that stays when lines are added above, so that a host recognises the finding."""
    finding = located.finding
    marks = (located.file.as_posix(), finding.rule, finding.path, finding.text)
    return sha256("\0".join(marks).encode()).hexdigest()
