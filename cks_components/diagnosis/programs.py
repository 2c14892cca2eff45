"""Whether the programs are there that a login needs, and recent enough."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

from cks_components.diagnosis.result import Result, fine, warning, wrong

_Version = tuple[int, int, int]
_SECONDS = 5.0
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program on PATH.

    Attributes:
        name: under which it has to be on PATH.
        install: how to get it, as the rest of a sentence.
        arguments: make it print its version.
        answers: matches what it prints; its group is the version.
        works: the first version that works, and why an older one does not.
        advised: likewise, the first that is advised.
        other_name: under which it may be installed instead.
    """

    name: str
    install: str
    arguments: tuple[str, ...]
    answers: re.Pattern[str]
    works: tuple[_Version, str]
    advised: tuple[_Version, str] | None = None
    other_name: str = ""


KUBECTL = Program(
    name="kubectl",
    install="install it, https://kubernetes.io/docs/tasks/tools",
    arguments=("version", "--client", "--output=json"),
    answers=re.compile(r'"gitVersion":\s*"(v[^"]+)"'),
    # Kubernetes' reference, "client-go credential plugins": v1 is there since Kubernetes 1.22.
    works=((1, 22, 0), "it does not know client.authentication.k8s.io/v1, which kubeconfigs use"),
)
KUBELOGIN = Program(
    name="kubectl-oidc_login",
    install="install int128/kubelogin 1.36.2 or newer under this name, "
    "https://github.com/int128/kubelogin#setup",
    arguments=("--version",),
    answers=re.compile(r"^kubelogin version (v\S+)", re.MULTILINE),
    # int128/kubelogin#1049: until 1.31 it answers in v1beta1, whatever it is asked in.
    works=(
        (1, 31, 0),
        "kubectl refuses its answers, which are of client.authentication.k8s.io/v1beta1",
    ),
    advised=((1, 36, 2), "its cache of tokens had faults that 1.36.2 repairs"),
    other_name="kubelogin",
)


def program(needed: Program) -> Result:
    """Look for a program on PATH, and ask it for its version."""
    path = shutil.which(needed.name)
    if path is None:
        other = shutil.which(needed.other_name) if needed.other_name else None
        hint = f"; {other} may be it, under a name that kubectl does not look for" if other else ""
        return wrong(needed.name, f"it is not on PATH{hint}; {needed.install}")
    answer = needed.answers.search(_printed(path, needed.arguments))
    version = _VERSION.match(answer[1]) if answer else None
    if answer is None or version is None:
        text = f"{path} does not print a version, so it may be another program; {needed.install}"
        return warning(needed.name, text)
    found = f"{path} is {answer[1]}"
    given = tuple(map(int, version.groups()))
    floor, because = needed.works
    if given < floor:
        return wrong(needed.name, f"{found}, and {because}; {needed.install}")
    if needed.advised and given < needed.advised[0]:
        return warning(needed.name, f"{found}, and {needed.advised[1]}; {needed.install}")
    return fine(needed.name, found)


def _printed(path: str, arguments: tuple[str, ...]) -> str:
    """What a program prints; empty if it cannot be run or does not end."""
    try:
        done = subprocess.run(  # noqa: S603 - the program of this name that kubectl would run
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
