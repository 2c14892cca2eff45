"""The ways to a program, in the order in which they are tried."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from lab.tools.download import DownloadError, Downloads, unpack
from lab.tools.program import MODULES, GoBuild, Program
from lab.tools.workspace import Place

_QUESTION_SECONDS = 10
_Way = Callable[[Program, Place], str]


class WayError(Exception):
    """One way does not lead to the program; the text says why."""


class MissingProgramError(Exception):
    """No way leads to a program; the text names each, and what to install by hand."""


def get(program: Program, place: Place, downloads: Downloads, made: Mapping[str, str]) -> str:
    """Put a program into `.tools/bin`, complete or not at all; says where it came from.

    `made` is the pin that each copy in `.tools/bin` was made from, where that is known.

    Raises:
        MissingProgramError: every way failed.
    """
    ways: dict[str, _Way] = {
        "PATH": _from_path,
        ".tools": lambda program, place: _from_tools(program, place, made),
        "TOOLS_MIRROR": _from_mirror,
        "download": lambda program, place: _from_download(program, place, downloads),
        "Go": _from_go,
    }
    reasons = {}
    for label, way in ways.items():
        try:
            source = way(program, place)
        except (WayError, DownloadError) as error:
            reasons[label] = str(error)
            if "was refused" in reasons[label]:  # a wrong checksum is never passed over in silence
                print(f"  {program.name:<27}{program.version:<9}{error}", flush=True)
        else:
            return source
    tried = "".join(f"\n    {label:<13} {reason}" for label, reason in reasons.items())
    message = (
        f"cannot get {program.name} {program.version}:{tried}\n"
        f"    → install {program.name} {program.minimum} or newer by hand, so that it is on PATH; "
        f"or put it into a folder named by TOOLS_MIRROR; or install Go and run this again"
    )
    raise MissingProgramError(message)


def is_executable(path: Path) -> bool:
    """Whether this is a file that may be run."""
    return path.is_file() and bool(path.stat().st_mode & 0o111)


def told_version(path: Path, question: Iterable[str], place: Place) -> str:
    """Ask a program for its version.

    Raises:
        WayError: it does not run, or does not tell.
    """
    # The command line of Pulumi writes into PULUMI_HOME even when it is only asked.
    environ = {**place.environ, "PULUMI_HOME": str(place.pulumi_home)}
    try:
        told = subprocess.run(
            [path, *question],
            env={**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_QUESTION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{path} cannot be run ({error})"
        raise WayError(message) from error
    version = re.search(r"\d+\.\d+\.\d+", told.stdout)
    if told.returncode or version is None:
        message = f"{path} does not tell its version"
        raise WayError(message)
    return version[0]


def _usable(path: Path, program: Program, place: Place) -> tuple[str, dict[str, Path]]:
    """The version and the files of a copy that is new enough and has its companions beside it."""
    files = {program.name: path}
    for name in program.companions:
        beside = [folder / name for folder in (path.parent, path.resolve().parent)]
        found = next((file for file in beside if is_executable(file)), None)
        if found is None:
            message = f"{path} has no {name} beside it"
            raise WayError(message)
        files[name] = found
    version = told_version(path, program.question, place)
    if _numbers(version) < _numbers(program.minimum):
        message = f"{path} is {version}, older than {program.minimum}"
        raise WayError(message)
    return version, files


def _first_usable(
    folders: Iterable[Path], program: Program, place: Place, where: str
) -> tuple[str, dict[str, Path]]:
    names = (program.name, *program.aliases)
    reasons = []
    for path in (folder / name for folder in folders for name in names):
        if is_executable(path):
            try:
                return _usable(path, program, place)
            except WayError as error:
                reasons.append(str(error))
    raise WayError("; ".join(dict.fromkeys(reasons)) or f"no {program.name} {where}")


def _from_path(program: Program, place: Place) -> str:
    version, files = _first_usable(place.path, program, place, "there")
    with place.draft() as draft:
        for name in program.names:
            (draft / name).symlink_to(files[name].absolute())
        _install(draft, program, place)
    return f"from PATH ({version}, {files[program.name]})"


def _from_tools(program: Program, place: Place, made: Mapping[str, str]) -> str:
    for path in (place.bin / name for name in program.names):
        if path.is_symlink() or not is_executable(path):  # a link is what PATH once had
            message = f"no {path.name} there"
            raise WayError(message)
    if made.get(program.name, program.pin) != program.pin:
        message = f"what is there was made from {made[program.name]}"
        raise WayError(message)
    _usable(place.bin / program.name, program, place)
    return "already in .tools"


def _from_mirror(program: Program, place: Place) -> str:
    if not place.mirror:
        message = "not set"
        raise WayError(message)
    with place.draft() as draft:
        archive = _archive(program, place)
        if archive and program.download:
            unpack(archive, program.download.members, draft)
            _usable(draft / program.name, program, place)
        else:
            _, files = _first_usable(place.mirror, program, place, f"in {place.mirror[0]}")
            for name, file in files.items():
                shutil.copy(file, draft / name)
        _install(draft, program, place)
    return "from TOOLS_MIRROR"


def _archive(program: Program, place: Place) -> Path | None:
    download = program.download
    if download is None or download.file in (program.name, *program.aliases):
        return None
    files = (folder / download.file for folder in place.mirror)
    return next((file for file in files if file.is_file()), None)


def _from_download(program: Program, place: Place, downloads: Downloads) -> str:
    if program.download is None:
        message = f"none is published for {place.here.system}"
        raise WayError(message)
    with place.draft() as draft, place.draft() as fetched:
        file = downloads.fetch(program.download, fetched)
        unpack(file, program.download.members, draft)
        _usable(draft / program.name, program, place)
        _install(draft, program, place)
    return "downloaded"


def _from_go(program: Program, place: Place) -> str:
    go = shutil.which("go", path=place.environ.get("PATH"))
    if go is None:
        message = "no go on PATH"
        raise WayError(message)
    print(
        f"  {program.name:<27}{program.version:<9}is being built from its Go module; "
        "the first time this takes minutes …",
        flush=True,
    )
    with place.draft() as draft:
        for wanted in program.builds:
            build(go, wanted, draft / wanted.output, place)
        for file in program.files:
            told = _run([go, "list", "-m", "-json", file.module], file.folder, place)
            source = Path(json.loads(told)["Dir"]) / file.path
            shutil.copyfile(source, draft / source.name)
            (draft / source.name).chmod(0o755)
        _usable(draft / program.name, program, place)
        _install(draft, program, place)
    return "built from its Go module"


def build(go: str, wanted: GoBuild, output: Path, place: Place) -> None:
    """Build a program from its pinned module.

    Raises:
        WayError: Go failed; the text has its last lines.
    """
    linked = (f"-X {name}={value}" for name, value in wanted.linked.items())
    flags = " ".join(["-s", "-w", *linked])
    # The go.sum beside the go.mod verifies every module; -mod=readonly keeps both as they are.
    options = ["-mod=readonly", "-buildvcs=false", f"-ldflags={flags}", "-o", str(output)]
    _run([go, "build", *options, wanted.package], wanted.folder, place)


def _run(command: list[str], folder: str, place: Place) -> str:
    done = subprocess.run(
        command,
        cwd=MODULES / folder,
        env={**place.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " / ".join(done.stderr.strip().splitlines()[-3:])
        message = f'"go {command[1]}" failed in lab/tools/{folder}: {said[-500:]}'
        raise WayError(message)
    return done.stdout


def _install(draft: Path, program: Program, place: Place) -> None:
    """Rename into place, the program itself last: where it is, its companions are."""
    for name in program.names:
        (draft / name).replace(place.bin / name)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
