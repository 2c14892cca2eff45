"""The commands of the pages, in their order, bring a person and an operator into a lab cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from docs.site import ROOT
from lab import browser
from tests.documentation import blocks
from tests.program import copy_program

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

FINDS_SOMETHING = {"cks-access doctor production": 2}  # before the first update
PERSON = "alice@example.com"


class Reader:
    """Somebody who types what the pages show, in a project whose stack "production" is the lab."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.project = copy_program(folder / "project")
        file = yaml.safe_load((ROOT / "stacks" / "Pulumi.local.yaml").read_text())
        file["config"]["cks-access:identity"]["adopt"] = True
        file["config"]["cks-access:clusters"] = [{"name": "local-east", "alias": "train-east"}]
        (self.project / "stacks" / "Pulumi.production.yaml").write_text(yaml.safe_dump(file))
        (folder / "state").mkdir()
        programs = browser.install(folder / "bin", PERSON).parent
        ours = programs / "cks-access"
        ours.write_text(f'#!/bin/sh\nexec {sys.executable} -m cks_components.cli.command "$@"\n')
        ours.chmod(0o755)
        self.variables = {
            "HOME": str(folder),
            "KUBECONFIG": str(folder / "config"),
            "PATH": os.pathsep.join([str(programs), lab.variables["PATH"]]),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_SKIP_CONFIRMATIONS": "true",
        }

    def type(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", command],
            cwd=self.project,
            env=os.environ | self.lab.variables | self.variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def follow(self, page: str, section: str = "") -> None:
        """Type the commands of a page, or of one of its sections."""
        text = (ROOT / "docs" / page).read_text()
        part = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0] if section else text
        for command in lines(part):
            if command.startswith("kubectl"):  # kube-apiserver looks for the issuer now and then
                self.lab.eventually(partial(self.succeeds, command))
            else:
                done = self.type(command)
                expected = FINDS_SOMETHING.get(command, 0)
                assert done.returncode == expected, f"{command}: {done.stdout}{done.stderr}"

    def succeeds(self, command: str) -> bool:
        return self.type(command).returncode == 0


def lines(text: str) -> Iterator[str]:
    """The commands of a page's text, without those that a person has to adapt."""
    for block in blocks(text, "sh"):
        for line in block.splitlines():
            if "…" not in line and not line.startswith("cp "):
                yield line


@pytest.fixture
def reader(lab: Lab, tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(lab, tmp_path)
    yield reader
    destroyed = reader.type("pulumi destroy --skip-preview")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr


def test_who_follows_the_pages_gets_in_as_a_person_and_as_an_operator(reader: Reader) -> None:
    reader.follow("getting-started.md")
    reader.follow("locked-out.md", "First: get in")

    person = reader.type("kubectl --context production/train-east/people auth whoami")
    operator = reader.type("kubectl --context production/train-east/operators auth whoami")
    assert PERSON in person.stdout
    assert operator.returncode == 0
    assert PERSON not in operator.stdout
