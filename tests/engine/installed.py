"""An environment that has the package from a wheel, as an infrastructure repository installs it.

Everything that the package needs is that of the checkout's environment, so that no network is used.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.program import ROOT

_SOURCES = ("cks_components", "lab", "pyproject.toml", "requirements.txt", "README.md", "LICENSE")


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


def environment_with(wheel: Path, folder: Path) -> Path:
    """A virtual environment in the folder with the wheel in it."""
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    libraries = sysconfig.get_path("purelib")
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(libraries)  # of which an editable package is no part
    _run("uv", "pip", "install", "--quiet", "--offline", "--no-deps",
         "--python", str(folder / "bin" / "python"), str(wheel))  # fmt: skip
    return folder


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
