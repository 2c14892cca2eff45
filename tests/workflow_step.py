"""Runs one step of a job as the CI system's runner does, out of the file itself."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.program import ROOT

_EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
_SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
"""The runner's own, for a step that names no shell or `bash`."""


_INPUT = re.compile(r"\$\[\[ inputs\.(\w+) \]\]")


@dataclass
class Ended:
    """A step that has ended: its exit code, its log, its part of the job's page, its outputs."""

    code: int
    log: str
    page: str
    outputs: dict[str, str]


def step(file: str, job: str, name: str) -> dict[str, Any]:
    """One step of a workflow, by the names in the file."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / f"{file}.yml").read_text())
    described = workflow["jobs"][job]
    (found,) = [s for s in described["steps"] if s.get("name") == name]
    return {**described["defaults"]["run"], **found}


def action_step(name: str) -> dict[str, Any]:
    """One step of the composite action."""
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    (found,) = [s for s in steps if s.get("name") == name]
    made: dict[str, Any] = found
    return made


def component_step(file: str, job: str, **inputs: str) -> dict[str, Any]:
    """The script of a job of a GitLab component, as one step, with its inputs filled in."""
    text = (ROOT / "templates" / f"{file}.yml").read_text()
    declared = next(yaml.safe_load_all(text))["spec"]["inputs"]
    given = {name: str(described.get("default", "")) for name, described in declared.items()}
    filled = _INPUT.sub(lambda found: (given | inputs)[found[1]], text)
    jobs = list(yaml.safe_load_all(filled))[1]
    return {"run": "\n".join(jobs[job]["script"])}


def run(
    found: Mapping[str, Any],
    folder: Path,
    environment: Mapping[str, str],
    context: Mapping[str, str],
) -> Ended:
    """Run a step.

    Args:
        found: the step.
        folder: the checkout.
        environment: what the job has beside the step's own `env`.
        context: the values of expressions, such as `secrets.X` and `matrix.stack`; empty if missing.
    """
    page, outputs = folder.parent / "page.md", folder.parent / "outputs"
    for file in (page, outputs):
        file.write_text("")
    given = {k: evaluated(v, context) for k, v in found.get("env", {}).items()}
    runner = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(page),
        "GITHUB_OUTPUT": str(outputs),
        "CI_PROJECT_DIR": str(folder),
    }
    done = subprocess.run(
        [*_SHELL, found["run"]],
        cwd=folder / evaluated(found.get("working-directory", "."), context),
        env={**runner, **environment, **given},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    lines = outputs.read_text().splitlines()
    named = dict(line.split("=", 1) for line in lines)
    return Ended(done.returncode, done.stdout + done.stderr, page.read_text(), named)


def evaluated(text: Any, context: Mapping[str, str]) -> str:
    """A value of `env` with its expressions replaced: names, texts, `==`, `&&` and `||`."""
    return _EXPRESSION.sub(lambda match: _value(match[1], context), str(text))


def _value(expression: str, context: Mapping[str, str]) -> str:
    found = ""
    for alternative in expression.split(" || "):
        for term in alternative.split(" && "):
            found = _term(term, context)
            if found in ("", "false"):
                break
        else:
            return found
    return found


def _term(term: str, context: Mapping[str, str]) -> str:
    left, equals, right = term.partition(" == ")
    if equals:
        return str(_term(left, context) == _term(right, context)).lower()
    if term.startswith("'"):
        return term.strip("'")
    return term if term in ("true", "false") else context.get(term, "")
