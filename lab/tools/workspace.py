"""Where a run works, and what it may read of its surroundings."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.tools.program import PUBLISHERS, Platform

PACKAGES = Path(__file__).resolve().parents[2]  # the folder that the package `lab` lies in


def working_folder() -> Path:
    """The checkout that this runs from; from an installed package, the current folder."""
    return PACKAGES if (PACKAGES / "pyproject.toml").is_file() else Path.cwd()


@dataclass(frozen=True)
class Place:
    """A checkout or other working folder, the person's variables, and who publishes.

    Everything is written below `.tools/` of that folder.
    """

    checkout: Path
    environ: Mapping[str, str]
    here: Platform
    publishers: Mapping[str, str] = field(default_factory=lambda: PUBLISHERS)
    patience: float = 3.0

    @property
    def tools(self) -> Path:
        """The folder that is ours."""
        return self.checkout / ".tools"

    @property
    def bin(self) -> Path:
        """The folder that is complete after a run."""
        return self.tools / "bin"

    @property
    def pulumi_home(self) -> Path:
        """The project's own PULUMI_HOME."""
        return self.tools / "pulumi-home"

    @property
    def path(self) -> list[Path]:
        """The folders of PATH, without ours."""
        parts = self.environ.get("PATH", os.defpath).split(os.pathsep)
        folders: dict[Path, Path] = {}
        for folder in (Path(part) for part in parts if part):
            folders.setdefault(folder.resolve(), folder)  # /bin is often a second name of /usr/bin
        folders.pop(self.bin.resolve(), None)
        return list(folders.values())

    @property
    def mirror(self) -> list[Path]:
        """The folders of TOOLS_MIRROR; empty when it is not set."""
        named = self.environ.get("TOOLS_MIRROR", "")
        return [Path(named).expanduser(), Path(named).expanduser() / "bin"] if named else []

    @property
    def user_plugins(self) -> Path:
        """Where the person's own Pulumi keeps plugins."""
        home = Path(self.environ.get("HOME", "~")).expanduser()
        return Path(self.environ.get("PULUMI_HOME") or home / ".pulumi") / "plugins"

    @contextlib.contextmanager
    def draft(self) -> Iterator[Path]:
        """An empty folder on the same disk, so that what is made in it can be renamed into place."""
        folder = Path(tempfile.mkdtemp(prefix="draft-", dir=self.tools))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let one run at a time work here, and clear what a killed run has left."""
        self.bin.mkdir(parents=True, exist_ok=True)
        with (self.tools / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("  waiting for another run of the same …", flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
            for left in self.tools.glob("draft-*"):
                shutil.rmtree(left, ignore_errors=True)
            yield
