"""What a change has done to the program, in a repository of git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cks_components.project import program_change, project_file
from cks_components.project.program_change import ProgramChange
from cks_components.project.project_file import ProjectFile

GIT = ("git", "-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
PROJECT = "name: access\nruntime: python\n"
FILES = {
    "Pulumi.yaml": PROJECT,
    "__main__.py": "one",
    "requirements.txt": "cks-access\n",
    "README.md": "one",
    "Pulumi.dev.yaml": "config: {}",
    "access/roles.py": "one",
    "tests/test_roles.py": "one",
    ".github/check.py": "one",
}


class Repository:
    """A repository whose project is in the folder `infra`, beside another program."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write(**FILES)
        self.write("..", **{"other.py": "one"})
        for command in (["init"], ["add", "--all"], ["commit", "--message", "base"]):
            subprocess.run([*GIT, *command], cwd=root, check=True, capture_output=True)

    def write(self, folder: str = ".", **files: str) -> None:
        for name, text in files.items():
            path = self.root / "infra" / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    @property
    def project(self) -> ProjectFile:
        path = self.root / "infra" / "Pulumi.yaml"
        return project_file.parse(path, path.read_text())

    def change(self) -> ProgramChange:
        return program_change.since("HEAD", self.project)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_change_of_stack_files_prose_tests_and_hidden_files_is_none(
    repository: Repository,
) -> None:
    others = ("README.md", "Pulumi.dev.yaml", "tests/test_roles.py", ".github/check.py")
    repository.write(**dict.fromkeys(others, "two"))

    assert repository.change() == ProgramChange()


def test_code_and_packages_of_the_projects_folder_are_named(repository: Repository) -> None:
    changed = ("__main__.py", "access/roles.py", "requirements.txt")
    repository.write(**dict.fromkeys(changed, "two"))
    repository.write("..", **{"other.py": "two"})

    assert repository.change() == ProgramChange(
        ("__main__.py", "access/roles.py"), ("requirements.txt",)
    )


def test_a_program_that_is_gone_or_moved_is_named(repository: Repository) -> None:
    folder = repository.root / "infra"
    (folder / "access" / "roles.py").unlink()
    (folder / "__main__.py").rename(folder / "program.py")
    subprocess.run([*GIT, "add", "--all"], cwd=folder, check=True, capture_output=True)

    assert repository.change().code == ("__main__.py", "access/roles.py", "program.py")


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        (f"{PROJECT}description: more\nconfig: {{access:x: {{value: 1}}}}\n", False),
        (f"{PROJECT}main: other\n", True),
        ("name: access\nruntime: {name: python, options: {virtualenv: .venv}}\n", True),
        ("name: another\nruntime: python\n", True),
    ],
    ids=["configuration", "main", "runtime", "name"],
)
def test_a_project_file_counts_if_something_else_is_run(
    repository: Repository, text: str, is_named: bool
) -> None:
    repository.write(**{"Pulumi.yaml": text})

    assert repository.change().code == (("Pulumi.yaml",) if is_named else ())


def test_a_project_file_that_was_not_there_or_was_broken_counts(repository: Repository) -> None:
    repository.write(**{"Pulumi.yaml": "{"})
    command = [*GIT, "commit", "--all", "--message", "broken"]
    subprocess.run(command, cwd=repository.root, check=True, capture_output=True)
    repository.write(**{"Pulumi.yaml": PROJECT})
    broken = repository.change().code
    subprocess.run(
        [*GIT, "rm", "--cached", "infra/Pulumi.yaml"],
        cwd=repository.root,
        check=True,
        capture_output=True,
    )
    command = [*GIT, "commit", "--message", "gone"]
    subprocess.run(command, cwd=repository.root, check=True, capture_output=True)
    command = [*GIT, "add", "infra/Pulumi.yaml"]
    subprocess.run(command, cwd=repository.root, check=True, capture_output=True)

    assert broken == repository.change().code == ("Pulumi.yaml",)


def test_without_a_project_there_is_no_program(tmp_path: Path) -> None:
    nowhere = ProjectFile(None, "cks-access", tmp_path, {})

    assert program_change.since("HEAD", nowhere) == ProgramChange()
