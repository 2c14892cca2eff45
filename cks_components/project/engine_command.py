"""Runs commands of the installed engine, and keeps what they report."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cks_components.api import environment
from cks_components.project import project_file, pulumi_command
from cks_components.project.engine_run import EngineRun

_PATIENCE_SECONDS = 900.0
_QUIETLY = ("--non-interactive", "--color=never", "--suppress-outputs")
_STDERR = 2


def preview(stack: str, *, plan: Path | None = None) -> EngineRun:
    """Preview an update of a stack of the project in this folder.

    A program or a virtual environment that is missing, or no end in time, is a run that failed.

    Args:
        stack: the stack's name.
        plan: the file to save the plan in, to which a later update can be held.
    """
    saved = () if plan is None else (f"--save-plan={plan}",)
    return _preview("preview", f"--stack={stack}", *saved)


def preview_of_destroy(stack: str) -> EngineRun:
    """Preview a destroy of a stack, which needs no stack file; as `preview`."""
    return _preview("destroy", "--preview-only", f"--stack={stack}")


def preview_of_refresh(stack: str) -> EngineRun:
    """Compare the state of a stack with what is there, and change neither; as `preview`."""
    return _preview("refresh", "--preview-only", f"--stack={stack}")


def update(
    stack: str, message: str, *, plan: Path | None = None, targets: Sequence[str] = ()
) -> EngineRun:
    """Update a stack of the project in this folder, without asking.

    After an error it goes on with what does not depend on it, so that no cluster stops another.
    Its progress is shown on standard error. It has no time limit, since an update that is killed
    has to be repaired; an interrupt is handed on, and its end is waited for.

    Args:
        stack: the stack's name.
        message: what the history of the stack says about the update.
        plan: a plan that was saved; a step that is not in it fails the update.
        targets: the URNs of the only resources to update; none means all.
    """
    missing = _missing_packages()
    if missing:
        return EngineRun(1, "", missing)
    held = () if plan is None else (f"--plan={plan}",)
    only = [f"--target={urn}" for urn in targets]
    named = (f"--stack={stack}", f"--message={message}")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events.json"
        chosen = ("--yes", "--skip-preview", "--continue-on-error")
        command = ["pulumi", "up", *chosen, *named, *held, *only, *_QUIETLY]
        try:
            process = subprocess.Popen(  # noqa: S603 - as below
                [*command, f"--event-log={log}"],
                env=_variables(),
                stdin=subprocess.DEVNULL,
                stdout=_STDERR,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            return EngineRun(1, "", pulumi_command.not_started(error))
        with process:
            try:
                _, said = process.communicate()
            except KeyboardInterrupt:
                process.send_signal(signal.SIGINT)
                _, said = process.communicate()
        return EngineRun(process.returncode, "", said, tuple(_events(log)))


def _preview(*arguments: str) -> EngineRun:
    missing = _missing_packages()
    if missing:
        return EngineRun(1, "", missing)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events.json"
        command = ["pulumi", *arguments, "--diff", "--suppress-progress", *_QUIETLY]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program; the stack's name is part of one argument
                [*command, f"--event-log={log}"],
                env=_variables(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_PATIENCE_SECONDS,
                check=False,
            )
        except OSError as error:
            return EngineRun(1, "", pulumi_command.not_started(error))
        except subprocess.TimeoutExpired:
            minutes = f"{_PATIENCE_SECONDS / 60:.0f} minutes"
            return EngineRun(1, "", f"pulumi did not end within {minutes}, and was stopped")
        return EngineRun(done.returncode, done.stdout, done.stderr, tuple(_events(log)))


def _missing_packages() -> str:
    """What is wrong if there is no virtual environment where the project has one; else empty."""
    project = project_file.find(Path.cwd())
    folder = project.virtual_environment
    if folder is None or folder.exists():
        return ""
    return (
        f"the folder {folder} that {project.path} names (virtualenv) does not exist; run the "
        "project's set-up, which installs the packages of the program there"
    )


def _variables() -> dict[str, str]:
    """The environment; the log is an option for programs, which only this variable makes known."""
    return environment.variables() | {"PULUMI_DEBUG_COMMANDS": "true"}


def _events(log: Path) -> Iterator[Mapping[str, Any]]:
    if log.exists():  # not if the engine could not start
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            yield json.loads(line)
