"""Reads the YAML files of a Pulumi project, and says where one cannot be read."""

from __future__ import annotations

from pathlib import Path

import yaml

from cks_components.api.errors import SettingsError
from cks_components.project import engine_yaml
from cks_components.project.engine_yaml import Document
from cks_components.project.positions import FIRST, LocatedFinding, Position, at
from cks_components.rules import Finding, Level


class FileError(SettingsError):
    """A file that cannot be read as a stack file or project file; says where the problem is."""

    def __init__(self, located: LocatedFinding) -> None:
        super().__init__([str(located)])
        self.located = located


def refused(path: Path, text: str, where: Position = FIRST) -> FileError:
    """An error at a place in a file."""
    finding = Finding(level=Level.ERROR, path="", text=text)
    return FileError(LocatedFinding(finding, path, where))


def is_there(path: Path) -> bool:
    """Whether there is a file at a path, or what could be one."""
    try:
        return path.exists() or path.is_symlink()  # a link may lead nowhere, or to itself
    except OSError:  # such as a name that is too long
        return False


def text_of(path: Path, advice: str) -> str:
    """The text of a file.

    Args:
        path: the file.
        advice: what to do if there is no such file.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except ValueError as error:
        message = f"cannot read {path}: it is not text in UTF-8; save it as that"
        raise SettingsError([message]) from error
    except OSError as error:
        what_to_do = "check the file, and who may read it" if is_there(path) else advice
        message = f"cannot read {path}: {error.strerror}; {what_to_do}"
        raise SettingsError([message]) from error


_HINTS = {
    "mapping values are not allowed here": "a colon and a space begin a value here; put a text that "
    "contains them in quotes, and check the indentation",
    "sequence entries are not allowed here": "a dash begins a list here; put a dash that is a text "
    'in quotes, such as "-", and check the indentation',
    "found character '\\t' that cannot start any token": "a tab is no indentation; write spaces",
}
"""What to do about the mistakes that people make most, by PyYAML's words."""


def document_of(path: Path, text: str) -> Document:
    """Read the text of a file as YAML.

    Raises:
        FileError: it is not valid YAML, or something else than keys and values.
    """
    try:
        document = engine_yaml.read(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a number or a nest too large
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "check the file"
        place = at(mark) if mark else FIRST
        said = f"is not valid YAML: {_HINTS.get(problem, problem)}"
        raise refused(path, said, place) from error
    if not isinstance(document.value, dict | None):
        raise refused(path, "does not hold keys and values")
    return document
