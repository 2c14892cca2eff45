"""`python -m tools [program …]`: get the named programs, or all, into `.tools/bin`.

Each is taken from PATH if it is there at its pinned version or newer, else built from its pinned
Go module. What is there already is left alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools.program import ROOT, Program, pins, programs

BIN = ROOT.parent / ".tools" / "bin"


class MissingProgramError(Exception):
    """A program could not be had; the text says what to install by hand."""


def main(names: list[str]) -> int:
    """Get the programs; returns the exit code."""
    BIN.mkdir(parents=True, exist_ok=True)
    wanted = [p for p in programs() if not names or p.name in names]
    failures = []
    for program in wanted:
        try:
            _get(program)
        except MissingProgramError as error:
            failures.append(str(error))
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


def _get(program: Program) -> None:
    target = BIN / program.name
    stamp = BIN.parent / f"{program.name}.version"
    if target.exists() and stamp.exists() and stamp.read_text() == program.version:
        return
    began = time.monotonic()
    source = _from_path(program, target) or _from_go(program, target)
    stamp.write_text(program.version)
    print(f"  {program.name:<26}{program.version:<10}{source}, {time.monotonic() - began:.0f} s")


def _from_path(program: Program, target: Path) -> str | None:
    elsewhere = os.pathsep.join(
        part for part in os.get_exec_path() if Path(part).resolve() != BIN.resolve()
    )
    found = shutil.which(program.name, path=elsewhere)
    if found is None:
        return None
    if program.name == "pulumi-language-python":
        if not (BIN / "pulumi").is_symlink():
            return None  # the language host belongs to the command line that is used
        target.unlink(missing_ok=True)
        target.symlink_to(found)
        return "from PATH, beside pulumi"
    version = re.search(
        r"\d+\.\d+\.\d+", _output([found, "version"]) or _output([found, "--version"])
    )
    if version is None or _numbers(version[0]) < _numbers(program.version):
        return None
    target.unlink(missing_ok=True)
    target.symlink_to(found)
    return f"from PATH ({version[0]})"


def _from_go(program: Program, target: Path) -> str:
    go = shutil.which("go")
    if go is None:
        message = (
            f"{program.name} {program.version} is neither on PATH nor can it be built, because "
            f"there is no Go; install {program.name}, or Go 1.26 or newer"
        )
        raise MissingProgramError(message)
    print(
        f"  {program.name:<26}{program.version:<10}building, minutes at the first time …",
        flush=True,
    )
    folder = ROOT / program.go.folder
    flags = " ".join(["-s", "-w", *(f"-X {k}={v}" for k, v in program.go.linked.items())])
    draft = target.with_name(f".{program.name}.draft")
    build = subprocess.run(
        [go, "build", "-mod=readonly", f"-ldflags={flags}", "-o", str(draft), program.go.package],
        cwd=folder,
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"},
        capture_output=True,
        text=True,
        check=False,
    )
    if build.returncode:
        message = (
            f"{program.name} {program.version} could not be built from its Go module; install it "
            f"by hand. Go says: {build.stderr.strip()[-600:]}"
        )
        raise MissingProgramError(message)
    draft.replace(target)
    if program.name == "pulumi":
        _copy_scripts(go, folder, program.go.module)
    return "built from its Go module"


def _copy_scripts(go: str, folder: Path, module: str) -> None:
    found = json.loads(_output([go, "list", "-m", "-json", module], cwd=folder))
    for name, where in pins()["scripts"].items():
        copy = BIN / name
        copy.unlink(missing_ok=True)
        shutil.copyfile(Path(found["Dir"]) / where / name, copy)
        copy.chmod(0o755)


def _output(command: list[str], cwd: Path | None = None) -> str:
    run = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    return run.stdout


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
