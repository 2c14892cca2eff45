"""A catalogue of mistakes: stack files as people write them, and what `check` says about each.

Each file begins with a comment: the mistake in one sentence, an empty line, and then what is
expected. `LEVEL: LINE:COLUMN: …` is a finding; the list holds every error and warning, in the order
of `cks-access check`; one that ends in `…` is only the beginning. `also: …` is a part of what stands below the findings, and `exit: N` the exit
code, which need not be written if it follows from the findings. A sibling `NAME.project.yaml` is
the `Pulumi.yaml` beside the stack file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Folder

CATALOGUE = Path(__file__).with_name("catalogue")
PROJECT = "name: cks-access\nstackConfigDir: stacks\n"
STACK = "stacks/Pulumi.test.yaml"
EXPECTED = re.compile(r"(error|warning|information|also|exit): (.*)")


@dataclass(frozen=True)
class Expected:
    """What the comment at the beginning of a file says."""

    mistake: str
    findings: tuple[str, ...]
    also: tuple[str, ...]
    code: int

    @classmethod
    def read(cls, text: str) -> Expected:
        comment = [
            line.removeprefix("#").strip()
            for line in takewhile(lambda line: line.startswith("#"), text.splitlines())
        ]
        known = [match.groups() for line in comment if (match := EXPECTED.fullmatch(line))]
        findings = tuple(f"{kind}: {rest}" for kind, rest in known if kind not in ("also", "exit"))
        refuses = any(finding.startswith("error: ") for finding in findings)
        codes = [int(rest) for kind, rest in known if kind == "exit"]
        return cls(
            mistake=comment[0],
            findings=findings,
            also=tuple(rest for kind, rest in known if kind == "also"),
            code=codes[0] if codes else 2 if refuses else 0,
        )


CASES = sorted(path.stem for path in CATALOGUE.glob("*.yaml") if not path.stem.endswith(".project"))


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_of_the_catalogue_is_found(folder: Folder, name: str) -> None:
    text = (CATALOGUE / f"{name}.yaml").read_text(encoding="utf-8")
    expected = Expected.read(text)
    manifest = CATALOGUE / f"{name}.project.yaml"
    (folder.path / STACK).write_text(text, encoding="utf-8")
    (folder.path / "Pulumi.yaml").write_text(manifest.read_text() if manifest.exists() else PROJECT)

    printed = folder.run("check", "test")

    shown = [line.replace(f"{STACK}:", "") for line in printed.out.splitlines()]
    if not any(finding.startswith("information: ") for finding in expected.findings):
        shown = [line for line in shown if not line.startswith("information: ")]
    assert shown == [
        line if wanted.endswith("…") and line.startswith(wanted[:-1]) else wanted
        for line, wanted in zip_longest(shown, expected.findings, fillvalue="")
    ], expected.mistake
    assert [part for part in expected.also if part not in printed.err] == []
    assert printed.code == expected.code
