"""Reads a stack file of the project, without the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from cks_components.api.errors import SettingsError
from cks_components.cli import pulumi_yaml
from cks_components.cli.positions import FIRST, LocatedFinding, Position, at, position
from cks_components.cli.pulumi_yaml import Document
from cks_components.rules import Finding, Level, examine
from cks_components.stack_file.reading import PROJECT, decoded
from cks_components.stack_file.settings import StackSettings

_SECRET = "secure"  # noqa: S105 - the engine's key for a value that only it can read


class FileError(SettingsError):
    """A file that cannot be read as a stack file or project file; says where the problem is."""

    def __init__(self, located: LocatedFinding) -> None:
        super().__init__([str(located)])
        self.located = located


@dataclass(frozen=True)
class StackFile:
    """A stack's name and values, keyed by the names after `cks-access:`.

    An encrypted value is not decrypted: a placeholder text stands for it, a different one for each
    ciphertext, so that a version with another secret is not equal.

    Attributes:
        root: the file's nodes, which hold the position of each value.
        encrypted: the paths of encrypted values.
    """

    stack: str
    path: Path
    values: Mapping[str, Any]
    root: yaml.Node | None = field(repr=False)
    encrypted: frozenset[str] = frozenset()

    @property
    def settings(self) -> StackSettings:
        """The values as settings.

        Raises:
            SettingsError: with every finding that refuses, each with its place in the stack file.
        """
        return examine(self.values).accepted(lambda finding: str(self.located(finding)))

    def is_readable(self, finding: Finding) -> bool:
        """Whether a finding is about what is written, and not about the placeholder of a secret."""
        return not finding.rule or finding.path not in self.encrypted

    def located(self, finding: Finding) -> LocatedFinding:
        """A finding about this file, with its line and column."""
        return LocatedFinding(finding, self.path, position(self.root, finding.path))


def is_path(named: str) -> bool:
    """Whether the text is the path of a file and not the name of a stack or revision."""
    return Path(named).suffix in (".yaml", ".yml")


def find(stack: str, project: Path) -> StackFile:
    """Read the file of a stack.

    Args:
        stack: the stack's name (`organisation/project/name` is understood), or a file's path.
        project: the folder that holds `Pulumi.yaml`.

    Raises:
        SettingsError: the file does not exist.
        FileError: it is not a stack file, or the project has settings of ours for every stack.
    """
    path = path_of(stack, project)
    return parse(name_of(path), path, path_text(path))


def path_of(stack: str, project: Path) -> Path:
    """The path of a stack's file, whether it is there or not; arguments and errors as for `find`."""
    manifest = project / "Pulumi.yaml"
    described = {} if is_path(stack) and not manifest.exists() else _described(manifest)
    folder = project / str(described.get("stackConfigDir") or ".")
    return Path(stack) if is_path(stack) else folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"


def name_of(path: Path) -> str:
    """The name of the stack whose file has this path."""
    return path.stem.partition(".")[2] or path.stem


def parse(stack: str, path: Path, text: str) -> StackFile:
    """Read the text of a stack file.

    Raises:
        FileError: it is not YAML, or has no `config:`.
    """
    document = _loaded(path, text)
    config = document.value.get("config")
    if not isinstance(config, Mapping):
        raise _refused(path, "has no config: block, so it is not a stack file")
    own = decoded(_qualified(path, document, config))
    values = {k: _readable(v) for k, v in own.items()}
    return StackFile(stack, path, values, document.root, frozenset(_encrypted(own)))


def _qualified(path: Path, document: Document, config: Mapping[Any, Any]) -> dict[str, Any]:
    """The keys as the engine reads them: a key without a project in front belongs to this one."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        name = _full(key)
        if name in found:
            text = (
                f'"{name}" is written both with and without "{PROJECT}:", and it is undefined which '
                "of the two Pulumi uses; keep one"
            )
            raise _refused(path, text, _place(document, key))
        found[name] = value
    return found


def _full(key: object) -> str:
    return str(key) if ":" in str(key) else f"{PROJECT}:{key}"


def _described(manifest: Path) -> Mapping[str, Any]:
    """The content of `Pulumi.yaml`; our settings in it are refused.

    They would hold for every stack, and a review of a stack file would not show them.
    """
    document = _loaded(manifest, path_text(manifest))
    described: Mapping[str, Any] = document.value
    config = described.get("config")
    names = config if isinstance(config, Mapping) else {}
    found = [str(key) for key in names if _full(key).startswith(f"{PROJECT}:")]
    if found:
        text = (
            f"config: has {', '.join(found)}, which Pulumi adds to every stack and which a review "
            "of a stack file does not show; move it to the stack files"
        )
        raise _refused(manifest, text, _place(document, found[0]))
    return described


def _place(document: Document, key: object) -> Position:
    return position(document.root, _full(key).removeprefix(f"{PROJECT}:"))


def path_text(path: Path) -> str:
    """The text of a file.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        message = f"cannot read {path}: {reason}; run the command in the project's folder, and check the name"
        raise SettingsError([message]) from error


def _loaded(path: Path, text: str) -> Document:
    """Read a document of keys and values."""
    try:
        document = pulumi_yaml.read(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a number or a nest too large
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "check the file"
        raise _refused(
            path, f"is not valid YAML: {problem}", at(mark) if mark else FIRST
        ) from error
    if not isinstance(document.value, Mapping):
        raise _refused(path, "does not hold keys and values")
    return document


def _refused(path: Path, text: str, where: Position = FIRST) -> FileError:
    finding = Finding(level=Level.ERROR, path="", text=text)
    return FileError(LocatedFinding(finding, path, where))


def _readable(value: Any) -> Any:
    """The value with a placeholder for each encrypted text."""
    if isinstance(value, Mapping):
        if _is_secret(value):
            return f"[secret {sha256(str(value[_SECRET]).encode()).hexdigest()[:8]}]"
        return {k: _readable(v) for k, v in value.items()}
    return [_readable(v) for v in value] if isinstance(value, list) else value


def _encrypted(value: Any, path: str = "") -> Iterator[str]:
    if _is_secret(value):
        yield path.lstrip(".")
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _encrypted(part, f"{path}.{key}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _encrypted(part, f"{path}[{index}]")


def _is_secret(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {_SECRET}
