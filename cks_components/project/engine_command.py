"""Runs previews with the installed engine."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cks_components.api import environment
from cks_components.project.engine_run import EngineRun

_PATIENCE_SECONDS = 900.0
_QUIETLY = ("--non-interactive", "--color=never", "--suppress-progress", "--suppress-outputs")


def preview(stack: str) -> EngineRun:
    """Preview an update of a stack of the project in this folder.

    A program that is missing, or does not end in time, is a run that failed.
    """
    return _run("preview", f"--stack={stack}")


def preview_of_destroy(stack: str) -> EngineRun:
    """Preview a destroy of a stack, which needs no stack file; as `preview`."""
    return _run("destroy", "--preview-only", f"--stack={stack}")


def _run(*arguments: str) -> EngineRun:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events.json"
        command = ["pulumi", *arguments, "--diff", *_QUIETLY, f"--event-log={log}"]
        # The log is an option for programs: only this variable makes it known, as in Pulumi's SDKs.
        variables = environment.variables() | {"PULUMI_DEBUG_COMMANDS": "true"}
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program; the stack's name is part of one argument
                command,
                env=variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_PATIENCE_SECONDS,
                check=False,
            )
        except OSError as error:
            return EngineRun(1, "", f"cannot run pulumi: {error.strerror}; install it on PATH")
        except subprocess.TimeoutExpired:
            minutes = f"{_PATIENCE_SECONDS / 60:.0f} minutes"
            return EngineRun(1, "", f"pulumi did not end within {minutes}, and was stopped")
        return EngineRun(done.returncode, done.stdout, done.stderr, tuple(_events(log)))


def _events(log: Path) -> Iterator[Mapping[str, Any]]:
    if log.exists():  # not if the engine could not start
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            yield json.loads(line)
