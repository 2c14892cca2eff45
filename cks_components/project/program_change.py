"""What a change has done to the program of a project, which may grant more than its stack files say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cks_components.api.errors import SettingsError
from cks_components.project import git_revision
from cks_components.project.project_file import PREFIX, ProjectFile
from cks_components.project.yaml_file import document_of

_CODE = (
    *("*.py", "*.ts", "*.mts", "*.cts", "*.js", "*.mjs", "*.cjs", "*.go", "*.cs", "*.fs", "*.vb"),
    *("*.java", "*.kt", "*.scala", "Main.yaml", "*.pyc", "*.pyd", "*.so", "*.pth"),
)
"""Programs in the languages that Pulumi runs, and what Python loads beside them."""
_PROSE = ("*.md", "*.txt", "LICENSE*")
_PACKAGES = (
    *("requirements*.txt", "constraints*.txt", "pyproject.toml", "*.lock", "package*.json"),
    *("pnpm-lock.yaml", "go.mod", "go.sum", "*.csproj", "*.fsproj", "pom.xml", "build.gradle*"),
)
"""What says which packages a program has."""
_DATA = ("*.json", "*.toml", "*.yaml", "*.yml", "*.csv", "*.ini")
"""What a program may read."""
_NO_DATA = (
    *(f"{PREFIX}.*", "mkdocs.y*ml", "azure-pipelines*.y*ml", "bitbucket-pipelines.yml"),
    *("cloudbuild.y*ml", "docker-compose*.y*ml", "action.y*ml", "renovate.json", "tsconfig*.json"),
    *("ruff.toml", "mypy.ini", "pytest.ini", "tox.ini"),
)
"""Files of the project and its stacks, and of CI and tools."""
_NO_PROGRAM = {"tests", "test"}


@dataclass(frozen=True)
class ProgramChange:
    """The files of a program that differ, by their paths from the project's folder.

    Attributes:
        code: what is run, with the project file if it says something else about that or about
            where the stack files are.
        packages: what says which packages are installed for it.
        data: what it may read beside its stack file.
    """

    code: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


def since(revision: str, project: ProjectFile) -> ProgramChange:
    """What differs from a git revision in the project's folder, in that of `main`, and below them.

    Tests and what is hidden are left out, and so is what is outside of the repository. Whether the
    program reads a file is not known, so that a file of another program in the folder is there too.

    Raises:
        SettingsError: the revision cannot be read.
    """
    if project.path is None:
        return ProgramChange()
    changes = git_revision.changed_since(revision, project.path)
    folder = Path(os.path.realpath(project.path.parent))
    folders = (folder, _main(folder, project))
    file, listed = folder / project.path.name, [change.path for change in changes]
    is_other = _is_run_differently(revision, file, project, is_listed=file in listed)
    code, packages, data = [file.name] if is_other else [], [], []
    for path, is_elsewhere in changes:
        if not any(_is_shown(path, around) for around in folders):
            continue
        named = Path(os.path.relpath(path, folder)).as_posix()
        is_module = is_elsewhere and not _is_any(path, (*_PROSE, *_PACKAGES, *_NO_DATA))
        if is_module or _is_any(path, _CODE):
            code.append(named)
        elif _is_any(path, _PACKAGES):
            packages.append(named)
        elif _is_any(path, _DATA) and not _is_any(path, _NO_DATA):
            data.append(named)
    return ProgramChange(tuple(code), tuple(packages), tuple(data))


def _main(folder: Path, project: ProjectFile) -> Path:
    """The folder of the program, which may be elsewhere than the project."""
    described = project.document.value if project.document else None
    main = (described or {}).get("main")
    if not isinstance(main, str) or "\0" in main:
        return folder
    program = Path(os.path.realpath(folder / main))
    return program.parent if program.is_file() else program


def _is_shown(path: Path, folder: Path) -> bool:
    if not path.is_relative_to(folder):
        return False
    parts = path.relative_to(folder).parts
    return not any(part in _NO_PROGRAM or part.startswith(".") for part in parts)


def _is_any(path: Path, patterns: Iterable[str]) -> bool:
    return any(path.match(pattern) for pattern in patterns)


def _is_run_differently(
    revision: str, path: Path, project: ProjectFile, *, is_listed: bool
) -> bool:
    """Whether the project file is new, or says something else beside its configuration."""
    text = git_revision.text_at(revision, path)
    if text is None:
        return is_listed
    try:
        before = document_of(path, text).value
    except SettingsError:
        return True
    now = project.document.value if project.document else None
    return _about_program(before) != _about_program(now)


def _about_program(described: Any) -> dict[str, Any]:
    """What a project file says beside its description and the values of its configuration."""
    shown = described if isinstance(described, Mapping) else {}
    return {
        key: value
        for key, value in shown.items()
        if key != "description" and not (key == "config" and isinstance(value, Mapping))
    }
