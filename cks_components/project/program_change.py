"""What a change has done to the program of a project, which may grant more than its stack files say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cks_components.api.errors import SettingsError
from cks_components.project import git_revision
from cks_components.project.project_file import ProjectFile
from cks_components.project.yaml_file import document_of

_CODE = (
    *("*.py", "*.ts", "*.mts", "*.cts", "*.js", "*.mjs", "*.cjs", "*.go", "*.cs", "*.fs", "*.vb"),
    *("*.java", "*.kt", "*.scala", "Main.yaml"),
)
"""Programs in the languages that Pulumi runs."""
_PACKAGES = (
    *("requirements*.txt", "constraints*.txt", "pyproject.toml", "*.lock", "package*.json"),
    *("pnpm-lock.yaml", "go.mod", "go.sum", "*.csproj", "*.fsproj", "pom.xml", "build.gradle*"),
)
"""What says which packages a program has."""
_NO_PROGRAM = {"tests", "test"}
_ABOUT_STACKS = ("config", "description", "stackConfigDir")
"""What a project file has beside the program; its `config` is a part of each stack's access."""


@dataclass(frozen=True)
class ProgramChange:
    """The files of a program that differ, by their paths from the project's folder.

    Attributes:
        code: what is run, with the project file if it says something else about that.
        packages: what says which packages are installed for it.
    """

    code: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


def since(revision: str, project: ProjectFile) -> ProgramChange:
    """What differs from a git revision in the project's folder and below it.

    Tests and hidden folders are left out. Whether the program reads a file is not known, so that a
    file of another program in the folder is there too.

    Raises:
        SettingsError: the revision cannot be read.
    """
    if project.path is None:
        return ProgramChange()
    files = git_revision.changed_since(revision, project.path)
    shown = [f for f in files if not any(p in _NO_PROGRAM or p[:1] == "." for p in f.parts)]
    code = list(_matching(shown, _CODE))
    if Path(project.path.name) in files and _is_run_differently(revision, project):
        code.insert(0, project.path.name)
    return ProgramChange(tuple(code), tuple(_matching(shown, _PACKAGES)))


def _matching(files: Iterable[Path], patterns: Iterable[str]) -> Iterable[str]:
    return (f.as_posix() for f in files if any(f.match(pattern) for pattern in patterns))


def _is_run_differently(revision: str, project: ProjectFile) -> bool:
    """Whether the project file has more than other configuration."""
    text = git_revision.text_at(revision, project.path) if project.path else None
    if text is None or project.path is None:
        return True
    try:
        before = document_of(project.path, text).value
    except SettingsError:
        return True
    now = project.document.value if project.document else None
    return _about_program(before) != _about_program(now)


def _about_program(described: Any) -> dict[str, Any]:
    shown = described if isinstance(described, Mapping) else {}
    return {key: value for key, value in shown.items() if key not in _ABOUT_STACKS}
