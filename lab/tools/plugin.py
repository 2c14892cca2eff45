"""pulumi-resource-kubernetes in the project's own PULUMI_HOME, or the lab's stand-in for it.

The official one is always preferred: a stand-in is only made when no official one is to be had,
and a later run that finds one replaces it.
"""

from __future__ import annotations

import io
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path

from lab.tools.download import DownloadError, Downloads
from lab.tools.program import pins, plugin_download
from lab.tools.sources import MissingProgramError, WayError, is_executable, told_version
from lab.tools.workspace import PACKAGES, Place

NAME = "pulumi-resource-kubernetes"
_MARK = "the lab's stand-in for pulumi-resource-kubernetes"


def get_plugin(place: Place, downloads: Downloads) -> str:
    """Install the plugin; says where it came from.

    Raises:
        MissingProgramError: there is no Pulumi command line to install it with, or that failed.
    """
    version = pins()[NAME]["version"]
    installed = installed_plugin(place)
    if is_executable(installed) and not is_stand_in(place):
        return "already in .tools"
    reasons = []
    for way in (_from_path, _from_user, _from_mirror):
        try:
            file, source = way(place, version)
            _install(file, version, place)
        except WayError as error:
            reasons.append(str(error))
        else:
            return source
    try:
        with place.draft() as draft:
            file = downloads.fetch(plugin_download(version, place.here, place.publishers), draft)
            _install(file, version, place)
    except (DownloadError, WayError) as error:
        reasons.append(str(error))
    else:
        return "downloaded"
    try:
        with place.draft() as draft:
            _install(_stand_in(draft), version, place)
    except WayError as error:
        tried = "".join(f"\n    {reason}" for reason in dict.fromkeys([*reasons, str(error)]))
        message = (
            f"cannot get {NAME} {version}:{tried}\n    → put "
            f"{plugin_download(version, place.here).file} into a folder named by TOOLS_MIRROR"
        )
        raise MissingProgramError(message) from error
    return f"{_MARK}, because {reasons[-1]}"


def installed_plugin(place: Place) -> Path:
    """Where the plugin's executable is after a run."""
    return place.pulumi_home / "plugins" / _folder(pins()[NAME]["version"]) / NAME


def is_stand_in(place: Place) -> bool:
    """Whether what is installed is not the official plugin."""
    file = installed_plugin(place)
    if not file.is_file():
        return False
    with file.open("rb") as content:
        return _MARK.encode() in content.read(500)


def _folder(version: str) -> str:
    return f"resource-kubernetes-v{version}"


def _from_path(place: Place, version: str) -> tuple[Path, str]:
    reasons = [f"no {NAME} on PATH"]
    for file in (folder / NAME for folder in place.path):
        if is_executable(file):
            try:
                told = told_version(file, ("--version",), place)
            except WayError as error:
                reasons.append(str(error))
            else:
                if told == version:
                    return file, f"from PATH ({file})"
                reasons.append(f"{file} is {told}, not {version}")
    raise WayError(reasons[-1])


def _from_user(place: Place, version: str) -> tuple[Path, str]:
    file = place.user_plugins / _folder(version) / NAME
    if file == installed_plugin(place) or not is_executable(file):
        message = f"not in {place.user_plugins}"
        raise WayError(message)
    return file, f"from {place.user_plugins}"


def _from_mirror(place: Place, version: str) -> tuple[Path, str]:
    archive = plugin_download(version, place.here).file
    for file in (folder / name for name in (archive, NAME) for folder in place.mirror):
        if file.is_file():
            return file, "from TOOLS_MIRROR"
    message = "not in TOOLS_MIRROR" if place.mirror else "TOOLS_MIRROR is not set"
    raise WayError(message)


def _stand_in(folder: Path) -> Path:
    python, packages = shlex.quote(sys.executable), shlex.quote(str(PACKAGES))
    # -P: a folder `lab` beside somebody's program is not ours.
    script = (
        f"#!/bin/sh\n# {_MARK}\n"
        f'PYTHONPATH={packages} exec {python} -P -m lab.kubernetes_plugin "$@"\n'
    ).encode()
    entry = tarfile.TarInfo(NAME)
    entry.size, entry.mode = len(script), 0o755
    archive = folder / f"{NAME}.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(entry, io.BytesIO(script))
    return archive


def _install(file: Path, version: str, place: Place) -> None:
    pulumi = place.bin / "pulumi"
    if not is_executable(pulumi):
        message = "there is no Pulumi command line to install it with"
        raise WayError(message)
    options = ["--file", str(file.absolute()), "--reinstall"]
    done = subprocess.run(
        [str(pulumi), "plugin", "install", "resource", "kubernetes", version, *options],
        env={
            **place.environ,
            "PULUMI_HOME": str(place.pulumi_home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not is_executable(installed_plugin(place)):
        said = " / ".join((done.stderr or done.stdout).strip().splitlines()[-2:])
        message = f"{file.name} could not be installed: {said}"
        raise WayError(message)
