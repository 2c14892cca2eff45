"""What runs Pulumi programs in YAML and TypeScript: got when a test first asks for it.

Programs in Python need none of it. An official installation of Pulumi has the language hosts, so
those on PATH are taken; otherwise Go builds them from their pinned modules, in a few minutes.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.tools.program import GoBuild, pins
from lab.tools.sources import MissingProgramError, WayError, build, is_executable
from lab.tools.workspace import Place

_SDK = "github.com/pulumi/pulumi/sdk/v3"
_YAML = "github.com/pulumi/pulumi-yaml"
_PKG = "github.com/pulumi/pulumi/pkg/v3"
SDK_GENERATOR = "node-sdk"


def builds() -> list[GoBuild]:
    """How Go builds each of them."""
    pin = pins()
    yaml = "pulumi-language-yaml"
    nodejs = "pulumi-language-nodejs"
    return [
        GoBuild(yaml, f"{_YAML}/cmd/{yaml}", _YAML, pin[yaml]["version"], yaml, {}),
        GoBuild(nodejs, f"{_SDK}/nodejs/cmd/{nodejs}", _SDK, pin[nodejs]["version"], nodejs, {}),
        # "pulumi package gen-sdk" asks the language host, and the one that Go can build is too old.
        GoBuild("pulumi", "./node-sdk", _PKG, pin["pulumi"]["version"], SDK_GENERATOR, {}),
    ]


def language_hosts(place: Place) -> Path:
    """The folder that has all of them, to be put on PATH.

    Raises:
        MissingProgramError: one is neither on PATH nor can it be built; the text says why.
    """
    with place.alone():
        for wanted in builds():
            target = place.bin / wanted.output
            if not is_executable(target):
                _get(wanted, target, place)
    return place.bin


def _get(wanted: GoBuild, target: Path, place: Place) -> None:
    there = next((f for p in place.path if is_executable(f := p / wanted.output)), None)
    go = shutil.which("go", path=place.environ.get("PATH"))
    with place.draft() as draft:
        made = draft / wanted.output
        if there is not None:
            made.symlink_to(there)
        elif go is None:
            message = f"{wanted.output} is not on PATH, and there is no go to build it: install Go"
            raise MissingProgramError(message)
        else:
            try:
                build(go, wanted, made, place)
            except WayError as error:
                message = f"cannot build {wanted.output}: {error}"
                raise MissingProgramError(message) from error
        made.replace(target)
