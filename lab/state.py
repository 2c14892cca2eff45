"""What a lab remembers in its folder: its processes, its ports, its token."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Sequence
from pathlib import Path

import psutil

from lab.tools.workspace import working_folder

CHECKOUT = working_folder()
PROGRAMS = CHECKOUT / ".tools" / "bin"
_GRACE_SECONDS = 8.0


class State:
    """The files of one lab's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.authority = self.folder / "pki"
        self.log = self.folder / "lab.log"
        self._processes = self.folder / "processes.json"
        self._ready = self.folder / "ready.json"
        self._token = self.folder / "token"

    def token(self) -> str:
        """The lab's CoreWeave token, made at the first need and readable by its owner only."""
        if not self._token.exists():
            self._token.touch(mode=0o600)
            self._token.write_text(f"CW-SECRET-{secrets.token_urlsafe(24)}")
        return self._token.read_text()

    def record(self, pids: Sequence[int]) -> None:
        """Remember processes that this lab started, beside those of earlier calls that still run."""
        known = {process.pid: process.create_time() for process in self.processes()}
        known |= {pid: psutil.Process(pid).create_time() for pid in pids if psutil.pid_exists(pid)}
        draft = self._processes.with_suffix(".draft")
        draft.write_text(json.dumps(list(known.items())))
        draft.replace(self._processes)

    def processes(self) -> list[psutil.Process]:
        """Those that still run; a process that only got the same number is not among them."""
        if not self._processes.exists():
            return []
        found = []
        for pid, started in json.loads(self._processes.read_text()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if abs(process.create_time() - started) < 1 and process.status() != "zombie":
                    found.append(process)
        return found

    def _supervisor(self) -> psutil.Process | None:
        """The first recorded process, if it still runs: it ends the others when it ends."""
        if not self._processes.exists():
            return None
        pid = json.loads(self._processes.read_text())[0][0]
        return next((process for process in self.processes() if process.pid == pid), None)

    def announce(self, ports: dict[str, int]) -> None:
        """Say that the lab is up, and where."""
        self._ready.write_text(json.dumps(ports))

    def ports(self) -> dict[str, int] | None:
        """Where the lab listens; None while it is not up."""
        if not self._ready.exists() or self._supervisor() is None:
            return None
        ports: dict[str, int] = json.loads(self._ready.read_text())
        return ports

    def clean(self) -> None:
        """End what this lab started and still runs, the supervisor first; forget its ports."""
        running = self.processes()
        supervisor = self._supervisor()
        if supervisor is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                supervisor.terminate()
            psutil.wait_procs(running, timeout=_GRACE_SECONDS)
        # The data of children without a supervisor are not used again: nothing to wait for.
        orphans = self.processes()
        for process in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(orphans, timeout=_GRACE_SECONDS)
        for path in (self._ready, self._processes):
            path.unlink(missing_ok=True)
