"""Git and the engine, as commands find them on PATH."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Folder


class History(dict[str, bytes]):
    """The files at a revision, by name, their names now, if others, and what differs."""

    def __init__(self) -> None:
        super().__init__()
        self.renamed: dict[str, str] = {}
        self.changed: list[str] = []
        self.unknown = {"mian"}

    @property
    def renames(self) -> bytes:
        """What git lists of them: a status and two paths each."""
        pairs = self.renamed.items()
        return "".join(f"R090\0stacks/{old}\0stacks/{new}\0" for old, new in pairs).encode()

    @property
    def differences(self) -> bytes:
        """What git lists of what differs: modes, objects and a status, and a path."""
        about = ":100644 100644 c0ffee c0ffef M"
        return "".join(f"{about}\0{name}\0" for name in self.changed).encode()


@pytest.fixture
def history(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> History:
    """Files at the revision `main`, for a git that knows only this one."""
    files = History()

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        assert command[:3] == ["git", "--literal-pathspecs", "-C"]
        assert Path(command[3]).resolve() in (
            folder.path.resolve(),
            folder.path.resolve() / "stacks",
        )
        asked = options["input"].decode().strip()
        content = files.get(asked.rpartition("./")[2])
        found = f"{folder.path}\n".encode() if command[-1] == "--show-toplevel" else b"c0ffee\n"
        out = {
            "rev-parse": found,
            "diff": files.differences if "--raw" in command else files.renames,
            "ls-tree": b"",
            "cat-file": f"{asked} missing\n".encode()
            if content is None
            else b"c0ffee blob %d\n%s\n" % (len(content), content),
        }
        asked = command[-1].removesuffix("^{commit}")
        is_known = command[4] != "rev-parse" or asked not in files.unknown
        return subprocess.CompletedProcess(command, 0 if is_known else 1, out[command[4]], b"")

    monkeypatch.setattr(subprocess, "run", run)
    return files


@dataclass
class Update:
    """How the next update ends."""

    code: int = 0
    err: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    failure: Exception | None = None
    is_interrupted: bool = False
    signals: list[int] = field(default_factory=list)


@dataclass
class Engine:
    """The Pulumi command line: how its next run ends, and with what it was run."""

    code: int = 0
    out: str = "+ cks:Thing\n"
    err: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    failure: Exception | None = None
    commands: list[list[str]] = field(default_factory=list)
    variables: Mapping[str, str] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    history_error: str = ""
    update: Update = field(default_factory=Update)

    def said(self, severity: str, message: str) -> None:
        """Let it report something."""
        self.events.append({"diagnosticEvent": {"severity": severity, "message": message}})

    def plans(self, **changes: int) -> None:
        """Let it count what it would do."""
        self.events.append({"summaryEvent": {"resourceChanges": changes}})


@pytest.fixture
def engine(history: History, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The engine beside git, in a job that no CI system runs."""
    assert isinstance(history, dict)  # so that git is answered for already
    made, git = Engine(), subprocess.run
    for name in ("GITHUB_ACTIONS", "GITHUB_EVENT_PATH", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[Any]:
        if command[0] != "pulumi":
            return git(command, **options)
        made.commands.append(command)
        if "history" in command:
            answer = json.dumps(made.history)
            return subprocess.CompletedProcess(
                command, bool(made.history_error), answer, made.history_error
            )
        made.variables = options["env"]
        if made.failure:
            raise made.failure
        (log,) = (c.partition("=")[2] for c in command if c.startswith("--event-log="))
        _write(Path(log), made.events)
        return subprocess.CompletedProcess(command, made.code, made.out, made.err)

    class Updating:
        """A process that runs an update."""

        def __init__(self, command: list[str], **_: Any) -> None:
            made.commands.append(command)
            if made.update.failure:
                raise made.update.failure
            self.returncode = made.update.code
            (log,) = (c.partition("=")[2] for c in command if c.startswith("--event-log="))
            _write(Path(log), made.update.events)

        def __enter__(self) -> Updating:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def communicate(self) -> tuple[None, str]:
            if made.update.is_interrupted and not made.update.signals:
                raise KeyboardInterrupt
            return None, made.update.err

        def send_signal(self, number: int) -> None:
            made.update.signals.append(number)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(subprocess, "Popen", Updating)
    return made


def _write(log: Path, events: list[dict[str, Any]]) -> None:
    if events:
        log.write_text("".join(f"{json.dumps(event)}\n" for event in events))
