"""A stack file as it lies in the project, read without the engine."""

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
    """A file that cannot be read as what it should be; says where."""

    def __init__(self, located: LocatedFinding) -> None:
        super().__init__([str(located)])
        self.located = located


@dataclass(frozen=True)
class StackFile:
    """A stack's name and values, keyed by the names behind `cks-access:`.

    A value that is encrypted stays unread: it is a placeholder text, another one for each
    ciphertext, so that a version with another secret is not the same.

    Attributes:
        root: the file's nodes, which say where each value stands.
        encrypted: the paths of what is encrypted.
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
        """A finding about this file, and where in it that is."""
        return LocatedFinding(finding, self.path, position(self.root, finding.path))


def is_path(named: str) -> bool:
    """Whether a stack or a version is named by a file's path, and not by a name."""
    return Path(named).suffix in (".yaml", ".yml")


def find(stack: str, project: Path) -> StackFile:
    """Read the file of a stack.

    Args:
        stack: the stack's name (`organisation/project/name` is understood), or a file's path.
        project: the folder that holds `Pulumi.yaml`.

    Raises:
        SettingsError: there is no such file.
        FileError: it is not one, or it does not say all: the project has settings for every stack.
    """
    path, manifest = Path(stack), project / "Pulumi.yaml"
    described = {} if is_path(stack) and not manifest.exists() else _described(manifest)
    if not is_path(stack):
        folder = described.get("stackConfigDir") or "."
        path = project / str(folder) / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    return parse(path.stem.partition(".")[2] or path.stem, path, path_text(path))


def parse(stack: str, path: Path, text: str) -> StackFile:
    """Read the text of a stack file.

    Raises:
        FileError: it is not YAML, or has no `config:`.
    """
    document = _loaded(path, text)
    config = document.value.get("config")
    if not isinstance(config, Mapping):
        raise _refused(path, "has no config: block; it is not the file of a stack")
    own = decoded(_qualified(path, document, config))
    values = {k: _readable(v) for k, v in own.items()}
    return StackFile(stack, path, values, document.root, frozenset(_encrypted(own)))


def _qualified(path: Path, document: Document, config: Mapping[Any, Any]) -> dict[str, Any]:
    """The keys as the engine takes them: one without a project in front is this project's."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        name = _full(key)
        if name in found:
            text = (
                f'"{name}" stands there with and without "{PROJECT}:", and the engine takes either, '
                "as it happens; keep one"
            )
            raise _refused(path, text, _place(document, key))
        found[name] = value
    return found


def _full(key: object) -> str:
    return str(key) if ":" in str(key) else f"{PROJECT}:{key}"


def _described(manifest: Path) -> Mapping[str, Any]:
    """What the project says of itself; settings of ours, which would be every stack's, are refused.

    Nobody who reviews a stack file sees those.
    """
    document = _loaded(manifest, path_text(manifest))
    described: Mapping[str, Any] = document.value
    config = described.get("config")
    names = config if isinstance(config, Mapping) else {}
    found = [str(key) for key in names if _full(key).startswith(f"{PROJECT}:")]
    if found:
        text = (
            f"config: has {', '.join(found)}, which the engine adds to every stack, and which no "
            "review of a stack file shows; write it into the stack files"
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
        message = f"cannot read {path}: {reason}; run in the project's folder and check the name"
        raise SettingsError([message]) from error


def _loaded(path: Path, text: str) -> Document:
    """A document of keys and values."""
    try:
        document = pulumi_yaml.read(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a number or a nest too large
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "check it"
        raise _refused(path, f"is not YAML; {problem}", at(mark) if mark else FIRST) from error
    if not isinstance(document.value, Mapping):
        raise _refused(path, "holds no keys and values")
    return document


def _refused(path: Path, text: str, where: Position = FIRST) -> FileError:
    finding = Finding(level=Level.ERROR, path="", text=text)
    return FileError(LocatedFinding(finding, path, where))


def _readable(value: Any) -> Any:
    """The value with a placeholder for whatever is encrypted."""
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
