"""The Java of this machine; only programs that are got on demand need one."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from lab.tools.sources import MissingProgramError

_QUESTION_SECONDS = 20


def find_java(environ: Mapping[str, str], minimum: int) -> Path:
    """The `java` of JAVA_HOME, or else of PATH.

    Raises:
        MissingProgramError: there is none, or it is older than `minimum`.
    """
    home = environ.get("JAVA_HOME")
    folders = str(Path(home) / "bin") if home else environ.get("PATH", "")
    where = "in JAVA_HOME" if home else "on PATH"
    java = shutil.which("java", path=folders)
    if java is None:
        message = f"Java {minimum} or newer is needed, but there is no java {where}"
        raise MissingProgramError(message)
    version = _told_version(java)
    if version is None or version < minimum:
        told = "tells no version" if version is None else f"is {version}"
        message = f"Java {minimum} or newer is needed, but {java} {told}"
        raise MissingProgramError(message)
    return Path(java)


def _told_version(java: str) -> int | None:
    """The first number of its version; None from one before 9, which does not know the question."""
    try:
        told = subprocess.run(
            [java, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_QUESTION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.match(r"\S+ (\d+)", told.stdout)
    return int(version[1]) if version and told.returncode == 0 else None
