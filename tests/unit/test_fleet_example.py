"""The example of a fleet is one that works, with the commands and the stacks that there are."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from cks_components.cli.command import main
from tests.command_line import parsed

ROOT = Path(__file__).resolve().parents[2]
FLEET = ROOT / "examples" / "fleet"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for file in (ROOT / "Pulumi.yaml", FLEET / "fleet.yaml"):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_its_stack_files_pass_every_rule(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "render"]) == 0
    capsys.readouterr()
    assert main(["fleet", "stacks", "--json"]) == 0
    stacks = json.loads(capsys.readouterr().out)

    assert {p.name for p in (project / "stacks").iterdir()} == {f"Pulumi.{s}.yaml" for s in stacks}
    assert [main(["check", stack]) for stack in stacks] == [0] * len(stacks)


def test_the_operator_runs_one_of_its_stacks() -> None:
    (stack,) = [
        document["spec"]["stack"]
        for document in yaml.safe_load_all((FLEET / "operator.yaml").read_text())
        if document["kind"] == "Stack"
    ]

    assert stack.rpartition("/")[2] in yaml.safe_load((FLEET / "fleet.yaml").read_text())["stacks"]


@pytest.mark.parametrize("page", [FLEET / "update.yml", ROOT / "docs" / "fleets.md"])
def test_the_commands_that_are_shown_are_ones_that_there_are(page: Path) -> None:
    shown = re.findall(r"(?<![`\w/.-])cks-access ((?:fleet|check) [^)#&|`\n]*)", page.read_text())

    assert shown
    for arguments in shown:
        parsed(shlex.split(arguments))
