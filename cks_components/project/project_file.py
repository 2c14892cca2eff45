"""Reads `Pulumi.yaml`: the project's name, where its stack files are, and its configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cks_components.api.errors import SettingsError
from cks_components.project.engine_yaml import Document
from cks_components.project.positions import key_position, top_position
from cks_components.project.yaml_file import document_of, refused, text_of
from cks_components.stack_file.reading import PROJECT

ENDINGS = (".json", ".yaml", ".yml")
"""Pulumi looks for them in this order; the stack files have the ending of the project file."""
PREFIX = "Pulumi"
_DECLARATION = {"type", "items", "description", "secret", "default", "value"}


@dataclass(frozen=True)
class ProjectFile:
    """A project file.

    Attributes:
        path: the file; None if there is none.
        name: the project's name, to which configuration keys without a project belong.
        stack_files: the folder of the stack files.
        config: the value of each key that has one, by the key as it is written. A stack that has
            the key itself does not get it.
        location: the absolute path of the file, where it lies in the folder.
    """

    path: Path | None
    name: str
    stack_files: Path
    config: Mapping[str, Any]
    document: Document | None = None
    location: Path | None = None

    @property
    def ending(self) -> str:
        """The ending of the stack files' names."""
        return self.path.suffix if self.path else ".yaml"

    @property
    def virtual_environment(self) -> Path | None:
        """The folder with the program's packages; None if the file names none.

        Other toolchains than pip, which is the default, make it themselves.
        """
        described = self.document.value if self.document else None
        runtime = (described or {}).get("runtime")
        options = runtime.get("options") if isinstance(runtime, Mapping) else None
        if self.path is None or not isinstance(options, Mapping):
            return None
        folder = options.get("virtualenv")
        if not isinstance(folder, str) or not folder or options.get("toolchain", "pip") != "pip":
            return None
        return self.path.parent / folder

    def file_of(self, stack: str) -> Path:
        """The file of a stack."""
        path = self.stack_files / f"{PREFIX}.{stack.rpartition('/')[2]}{self.ending}"
        return Path(os.path.relpath(path))

    def stacks(self) -> list[str]:
        """The names of the stacks that have a file."""
        found = self.stack_files.glob(f"{PREFIX}.*{self.ending}")
        return sorted(path.stem.removeprefix(f"{PREFIX}.") for path in found)


def find(folder: Path) -> ProjectFile:
    """Read the project file in a folder, or in the nearest one above it that has one.

    Raises:
        SettingsError: the folder or the file cannot be read.
        FileError: it is not one that Pulumi reads.
    """
    try:
        here = folder.absolute()
    except OSError as error:
        message = "cannot read the current folder: it was deleted; go to another one"
        raise SettingsError([message]) from error
    for above in (here, *here.parents):
        for ending in ENDINGS:
            path = above / f"{PREFIX}{ending}"
            if path.is_file():
                shown = Path(os.path.relpath(path))
                return replace(parse(shown, text_of(shown, "check who may read it")), location=path)
    return ProjectFile(None, PROJECT, folder, {})


def parse(path: Path, text: str, folder: Path | None = None) -> ProjectFile:
    """Read the text of a project file.

    Args:
        path: what the file is called.
        text: what is in it.
        folder: where it lies; None for the folder of `path`.

    Raises:
        FileError: it is not one that Pulumi reads.
    """
    document = document_of(path, text)
    described: Mapping[str, Any] = document.value or {}
    name = described.get("name")
    if not isinstance(name, str) or not name:
        raise refused(path, "names no project; write its name as text, such as name: cks-access")
    config = described.get("config")
    stack_files = described.get("stackConfigDir") or (config if isinstance(config, str) else "")
    if not isinstance(stack_files, str) or "\0" in stack_files:
        where = top_position(document.root, "stackConfigDir")
        raise refused(path, "stackConfigDir: must be the path of a folder, as text", where)
    return ProjectFile(
        path,
        name,
        (folder or path.parent) / stack_files,
        _defaults(path, document, config if isinstance(config, Mapping) else {}),
        document,
    )


def _defaults(path: Path, document: Document, config: Mapping[str, Any]) -> dict[str, Any]:
    """The values in a project's `config:`, in the order in which Pulumi takes them."""
    found: dict[str, Any] = {}
    for key in sorted(config):
        declared = config[key]
        if isinstance(declared, Mapping):
            unknown = sorted(set(declared) - _DECLARATION)
            if unknown:
                raise refused(
                    path,
                    f'config: "{key}" has {", ".join(unknown)}, but here Pulumi reads only type, '
                    'items, description, secret, default and value; write the value below "value:"',
                    key_position(document.root, key),
                )
            default, value = declared.get("default"), declared.get("value")
            if default is not None and value is not None:
                text = f'config: "{key}" has both a default and a value; keep one of them'
                raise refused(path, text, key_position(document.root, key))
            given = value if default is None else default
            if given is not None:
                found[key] = given
        elif isinstance(declared, str | bool | int | list):
            found[key] = declared
        else:
            text = f'config: "{key}" has no value that Pulumi reads; write text, or a list'
            raise refused(path, text, key_position(document.root, key))
    return found
