"""Runs the commands of the screens in the pages, and puts what they print in their place.

A screen is a console block whose first line is `$ cks-access …`, or `$ pbpaste | cks-access …` where
the command reads a token. The commands are run with the stack file of the README, in a git
repository whose branch main has it; `clusters` asks the emulated API. A screen of `doctor` needs a
cluster: `tests/lab/test_symptoms.py` makes it in the lab.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cks_components.api import environment
from lab.api import fleet
from lab.api.emulator import Emulator
from lab.api.server import serve

PAGES = ("access.md", "checks.md", "command-line.md", "explain.md")
STACK = "production"
_FOLDER = Path(__file__).resolve().parent
_SCREEN = re.compile(
    r"(?P<head>```console\n\$ (?P<reads>pbpaste \| )?cks-access (?P<command>[^\n]*)\n)(?P<shown>.*?)```",
    re.DOTALL,
)
_TOKEN = "CW-SECRET-" + "screens"
_ALICE = {"iss": "https://acme.okta.com", "sub": "u-1", "preferred_username": "alice"}
_CLIPBOARDS: Sequence[Mapping[str, Any]] = (
    _ALICE | {"aud": "api://default"},
    _ALICE | {"aud": "0oa1example", "groups": ["ml-engineers"]},
)
"""The claims of the tokens that the screens read, in their order."""
_CHANGES: Mapping[str, tuple[str, str]] = {
    "access production --diff main": (r"\n *namespaces: [^\n]*", ""),
    "check production": (r"\n *usernamePrefix: [^\n]*", ""),
}
"""What was changed in the stack file before a command: a pattern, and what takes its place."""
Run = Callable[[str, str], str]
"""Takes a command's arguments and what it reads, and returns what it prints."""


def page(name: str) -> str:
    """A page with fresh screens; those of `doctor` stay as they are."""
    return rendered((_FOLDER / name).read_text(), _run, lambda command: command[:6] != "doctor")


def rendered(text: str, run: Run, is_ours: Callable[[str], bool]) -> str:
    """A page's text with fresh screens.

    Args:
        text: of the page.
        run: runs a command.
        is_ours: whether the screen of a command is made.
    """
    clipboards = map(_token, _CLIPBOARDS)

    def fresh(screen: re.Match[str]) -> str:
        command = screen["command"]
        if not is_ours(command):
            return screen[0]
        return f"{screen['head']}{run(command, next(clipboards) if screen['reads'] else '')}```"

    return _SCREEN.sub(fresh, text)


def stack_file() -> str:
    """The stack file of the README."""
    readme = (_FOLDER.parent / "README.md").read_text()
    shown = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)[0]
    return f"   {shown.strip()}\n"


def _run(command: str, stdin: str) -> str:
    with (
        _project(command) as folder,
        serve(Emulator(fleet.clusters(), token=_TOKEN, clock=lambda: 0.0)) as url,
    ):
        ended = subprocess.run(  # noqa: S603 - a command of a page
            [sys.executable, "-m", "cks_components.cli.command", *command.split()],
            cwd=folder,
            env={
                **environment.variables(),
                environment.ENDPOINT: url,
                environment.TOKEN: _TOKEN,
                "PYTHONPATH": str(_FOLDER.parent),
            },
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
    return ended.stdout


@contextmanager
def _project(command: str) -> Iterator[Path]:
    """A project's folder, as it is when a command is given."""
    text = stack_file()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / f"stacks/Pulumi.{STACK}.yaml"
        path.parent.mkdir()
        (folder / "Pulumi.yaml").write_text("name: cks-access\nstackConfigDir: stacks\n")
        path.write_text(text)
        for arguments in (("init", "-b", "main"), ("add", "."), ("commit", "-m", "first")):
            git = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
            subprocess.run([*git, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603 - git itself
        path.write_text(re.sub(*_CHANGES[command], text) if command in _CHANGES else text)
        yield folder


def _token(claims: Mapping[str, Any]) -> str:
    """A token that nobody signed, as `--offline` takes it."""
    now = int(time.time())
    payload = {**claims, "iat": now, "exp": now + 600}
    parts = ({"alg": "RS256", "kid": "a"}, payload)
    return ".".join([*map(_part, parts), "c2ln"])


def _part(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
