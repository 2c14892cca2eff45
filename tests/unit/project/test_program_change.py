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
    "roles.yaml": "one",
    "mkdocs.yml": "one",
    "fleet/Pulumi.dev.json": "{}",
}


class Repository:
    """A repository whose project is in the folder `infra`, beside other programs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write(**FILES)
        self.write("..", **{"other.py": "one", "prog/__main__.py": "one", "prog/test/x.py": "one"})
        self.git("init")
        self.commit()

    def git(self, *arguments: str) -> None:
        subprocess.run([*GIT, *arguments], cwd=self.root, check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--allow-empty", "--message", "a version")

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


def test_a_change_of_stack_files_prose_tools_tests_and_hidden_files_is_none(
    repository: Repository,
) -> None:
    others = ("README.md", "Pulumi.dev.yaml", "tests/test_roles.py", ".github/check.py")
    repository.write(**dict.fromkeys((*others, "mkdocs.yml", "fleet/Pulumi.dev.json"), "two"))

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
    repository.git("add", "--all")

    assert repository.change().code == ("__main__.py", "access/roles.py", "program.py")


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        (f"{PROJECT}description: more\nconfig: {{access:x: {{value: 1}}}}\n", False),
        (f"{PROJECT}main: other\n", True),
        (f"{PROJECT}stackConfigDir: other\n", True),
        (f"{PROJECT}config: other\n", True),
        ("name: access\nruntime: {name: python, options: {virtualenv: .venv}}\n", True),
        ("name: another\nruntime: python\n", True),
    ],
    ids=["configuration", "main", "folder of stacks", "its older form", "runtime", "name"],
)
def test_a_project_file_counts_if_something_else_is_run(
    repository: Repository, text: str, is_named: bool
) -> None:
    repository.write(**{"Pulumi.yaml": text})

    assert repository.change().code == (("Pulumi.yaml",) if is_named else ())


def test_a_project_file_that_was_not_there_or_was_broken_counts(repository: Repository) -> None:
    repository.write(**{"Pulumi.yaml": "{"})
    repository.commit()
    repository.write(**{"Pulumi.yaml": PROJECT})
    broken = repository.change().code
    repository.git("rm", "--cached", "infra/Pulumi.yaml")
    repository.git("commit", "--message", "gone")
    repository.git("add", "infra/Pulumi.yaml")

    assert broken == repository.change().code == ("Pulumi.yaml",)


def test_a_project_file_that_git_does_not_track_is_no_change(repository: Repository) -> None:
    repository.git("rm", "--cached", "infra/Pulumi.yaml")
    repository.git("commit", "--message", "gone")

    assert repository.change() == ProgramChange()


@pytest.mark.parametrize("main", ["../prog", "../prog/__main__.py"])
def test_a_program_beside_the_projects_folder_is_looked_at(
    repository: Repository, main: str
) -> None:
    repository.write(**{"Pulumi.yaml": f"{PROJECT}main: {main}\n"})
    repository.commit()
    changed = ("other.py", "prog/__main__.py", "prog/test/x.py", "infra/__main__.py")
    repository.write("..", **dict.fromkeys(changed, "two"))

    assert repository.change().code == ("__main__.py", "../prog/__main__.py")


def test_a_program_in_a_hidden_folder_is_looked_at(repository: Repository) -> None:
    repository.write(**{"Pulumi.yaml": f"{PROJECT}main: .github\n"})
    repository.commit()
    repository.write(**{".github/check.py": "two"})

    assert repository.change().code == (".github/check.py",)


@pytest.mark.parametrize("main", ["/nowhere/at/all", '"\\0"', "7"])
def test_a_program_outside_of_the_repository_cannot_be_looked_at(
    repository: Repository, main: str
) -> None:
    repository.write(**{"Pulumi.yaml": f"{PROJECT}main: {main}\n"})
    repository.commit()
    repository.write(**{"__main__.py": "two"})

    assert repository.change().code == ("__main__.py",)


def test_another_commit_of_a_submodule_is_code_whatever_its_settings_hide(
    repository: Repository,
) -> None:
    (repository.root / "infra" / "roles").mkdir()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},infra/roles")
    repository.git("commit", "--message", "a submodule")
    hidden = '[submodule "roles"]\npath = infra/roles\nurl = ./roles\nignore = all\n'
    repository.write("..", **{".gitmodules": hidden})
    unchanged = repository.change()
    repository.git("update-index", "--cacheinfo", f"160000,{'b' * 40},infra/roles")

    assert unchanged == ProgramChange()
    assert repository.change().code == ("roles",)


def test_what_python_loads_from_elsewhere_or_compiled_is_code_too(repository: Repository) -> None:
    """A link leads into a hidden folder or one of tests, where nothing is looked at."""
    repository.write(".hidden/lib", **{"__init__.py": "print()"})
    repository.write("lib2", **{"__init__.pyc": "compiled"})
    (repository.root / "infra" / "lib").symlink_to(".hidden/lib")
    (repository.root / "infra" / "NOTES.md").symlink_to("README.md")
    repository.git("add", "--all")

    assert repository.change() == ProgramChange(code=("lib", "lib2/__init__.pyc"))


def test_data_that_the_program_may_read_is_named(repository: Repository) -> None:
    repository.write(**{"roles.yaml": "two", "teams.json": "{}"})
    repository.git("add", "--all")

    assert repository.change() == ProgramChange(data=("roles.yaml", "teams.json"))


def test_without_a_project_there_is_no_program(tmp_path: Path) -> None:
    nowhere = ProjectFile(None, "cks-access", tmp_path, {})

    assert program_change.since("HEAD", nowhere) == ProgramChange()
