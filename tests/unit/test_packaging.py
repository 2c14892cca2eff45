"""What is installed is what was tried: the lock, the Pythons, and a wheel that has all its files."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from lab.tools.program import pins

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
LOCKED = dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", LOCK, re.MULTILINE))
FLOOR = 11  # of Python 3; held against pyproject.toml below


def direct() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    needed = [text for line in lines if (text := line.partition("#")[0].strip())]
    extras = PROJECT["project"]["optional-dependencies"].values()
    groups = PROJECT["dependency-groups"].values()
    return [Requirement(text) for part in (needed, *extras, *groups) for text in part]


@pytest.mark.parametrize("requirement", direct(), ids=lambda r: r.name)
def test_the_lock_has_a_version_that_fits(requirement: Requirement) -> None:
    """If not: `make lock`."""
    assert LOCKED[requirement.name] in requirement.specifier


def test_every_entry_of_the_lock_has_hashes_and_none_an_address() -> None:
    entries = re.split(r"\n(?=[a-z0-9-]+==)", LOCK)[1:]

    assert len(entries) >= len(LOCKED) - 1
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in LOCK


def test_set_up_installs_the_lock_and_nothing_beside_it() -> None:
    makefile = (ROOT / "Makefile").read_text()
    installs = re.findall(r"pip install (.*)", makefile)

    assert [line for line in installs if "requirements.lock" in line or "--no-deps" in line] == [
        "-qq --require-hashes --requirement requirements.lock",
        "-qq --no-deps --editable .",
    ]
    assert len(installs) == 3  # the third is pip itself


def test_the_pythons_that_are_named_are_those_that_are_tried() -> None:
    prefix = "Programming Language :: Python :: 3."
    classifiers = PROJECT["project"]["classifiers"]
    named = [c.removeprefix(prefix) for c in classifiers if c.startswith(prefix)]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())

    assert workflow["jobs"]["unit"]["strategy"]["matrix"]["python"] == [f"3.{n}" for n in named]
    assert named[0] == str(FLOOR)
    assert PROJECT["project"]["requires-python"] == f">=3.{FLOOR}"
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py3{FLOOR}"


def test_the_wheel_has_every_file_that_is_not_python() -> None:
    setuptools = PROJECT["tool"]["setuptools"]
    packed = {
        file
        for package, patterns in setuptools["package-data"].items()
        for pattern in patterns
        for file in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    top = [pattern.rstrip("*") for pattern in setuptools["packages"]["find"]["include"]]
    there = {file for name in top for file in (ROOT / name).rglob("*") if file.is_file()}

    assert top == ["cks_components", "lab"]
    assert {file for file in there if file.suffix not in {".py", ".pyc"}} == packed


def test_the_version_names_a_section_of_the_changelog() -> None:
    """Until it is released, what is new stands below "Unreleased" or its coming version."""
    version = PROJECT["project"]["version"]
    first = re.findall(r"^## (?:\[)?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[
        0
    ]

    assert first in {"Unreleased", version.partition(".dev")[0]}
    assert ".dev" in version or first == version


def test_the_engine_that_is_asked_for_is_the_one_that_the_package_needs() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    (needed,) = [line.split("#")[0] for line in lines if line.startswith("pulumi>")]
    (floor,) = [s.version for s in Requirement(needed).specifier if s.operator == ">="]

    asked = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["requiredPulumiVersion"]

    assert asked == f">={floor}.0"
    assert pins()["pulumi"]["minimum"] == f"{floor}.0"
