"""An environment that has the package from a wheel, as an infrastructure repository installs it.

Everything that the package needs is that of the checkout's environment, so that no network is used;
only a policy pack has libraries of its own.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from lab.tools.workspace import Place
from tests.program import ROOT

_SOURCES = ("cks_components", "lab", "pyproject.toml", "requirements.txt", "README.md", "LICENSE")
CHECKOUT = Path(sysconfig.get_path("purelib"))
"""The libraries of the environment that the tests run in."""


def locked_libraries(lock: Path, place: Place) -> Path:
    """The folder with what a lock file names: got from the package index once, and kept."""
    pinned = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    installed = place.tools / f"{lock.parent.name}-{pinned}"
    with place.alone():
        if not installed.is_dir():
            with place.draft() as draft:
                _run("uv", "pip", "install", "--quiet", "--require-hashes", "--python",
                     sys.executable, "--target", str(draft), "--requirement", str(lock))  # fmt: skip
                draft.replace(installed)
    return installed


def built_wheel(folder: Path) -> Path:
    """The package's wheel, built from the present sources."""
    source = folder / "source"
    source.mkdir(parents=True)
    for name in _SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, source / name)
    _run("uv", "build", "--quiet", "--wheel", "--offline", "--no-build-isolation",
         "--python", sys.executable, "--out-dir", str(folder), str(source))  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    return wheel


def environment_with(wheel: Path, folder: Path, libraries: Path = CHECKOUT) -> Path:
    """A virtual environment in the folder with the wheel in it, and what it needs beside it."""
    _run(sys.executable, "-m", "venv", str(folder))
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(str(libraries))  # of which an editable package is no part
    _run("uv", "pip", "install", "--quiet", "--offline", "--no-deps",
         "--python", str(folder / "bin" / "python"), str(wheel))  # fmt: skip
    return folder


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
