"""Copies of a Pulumi program beside the package as it is, or as an earlier release had it."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_RELEASES = ROOT / "tests" / "releases"
_PACKAGE = "cks_components"
_folders: list[Path] = []


def copy_program(folder: Path, program: Path = ROOT) -> Path:
    """Copy a program to where it runs, with an empty folder for its stack files."""
    (folder / "stacks").mkdir(parents=True)
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(program / name, folder / name)
    for name in (_PACKAGE, ".venv"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def run_release(folder: Path, release: str | None) -> None:
    """Let a copy run the package of an earlier release from now on, or with None the present one."""
    package = folder / _PACKAGE
    package.unlink()
    package.symlink_to((_unpacked(release) if release else ROOT) / _PACKAGE)


@functools.cache
def _unpacked(release: str) -> Path:
    """A folder with the package of a release: one for all tests, so that Python compiles it once."""
    folder = Path(tempfile.mkdtemp(prefix=f"{_PACKAGE}-{release}-"))
    _folders.append(folder)
    shutil.unpack_archive(_RELEASES / f"{_PACKAGE}-{release}.zip", folder)
    return folder


def forget_releases() -> None:
    """Take away what was unpacked for this session."""
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)
