"""A stack file as it lies in the project, read without the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cks_components.api.errors import SettingsError
from cks_components.cli import pulumi_yaml
from cks_components.rules import examine
from cks_components.stack_file.reading import PROJECT, decoded
from cks_components.stack_file.settings import StackSettings

_SECRET = "secure"  # noqa: S105 - the engine's key for a value that only it can read
_HIDDEN = "[secret]"


@dataclass(frozen=True)
class StackFile:
    """A stack's name and values, keyed by the names behind `cks-access:`.

    A value that is encrypted stays unread: it is a placeholder text.
    """

    stack: str
    path: Path
    values: Mapping[str, Any]

    @property
    def settings(self) -> StackSettings:
        """The values as settings.

        Raises:
            SettingsError: with every finding, each with its path in the stack file.
        """
        return examine(self.values).accepted()


def is_path(named: str) -> bool:
    """Whether a stack or a version is named by a file's path, and not by a name."""
    return Path(named).suffix in (".yaml", ".yml")


def find(stack: str, project: Path) -> StackFile:
    """Read the file of a stack.

    Args:
        stack: the stack's name (`organisation/project/name` is understood), or a file's path.
        project: the folder that holds `Pulumi.yaml`.

    Raises:
        SettingsError: there is no such file, it is not one, or it does not say all: the project
            has settings for every stack.
    """
    path, manifest = Path(stack), project / "Pulumi.yaml"
    described = {} if is_path(stack) and not manifest.exists() else _mapping(manifest)
    _refuse_settings_of_every_stack(manifest, described.get("config"))
    if not is_path(stack):
        folder = described.get("stackConfigDir") or "."
        path = project / str(folder) / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    return parse(path.stem.partition(".")[2] or path.stem, path, path_text(path))


def parse(stack: str, path: Path, text: str) -> StackFile:
    """Read the text of a stack file.

    Raises:
        SettingsError: it is not YAML, or has no `config:`.
    """
    config = _loaded(path, text).get("config")
    if not isinstance(config, Mapping):
        message = f"{path}: has no config: block; it is not the file of a stack"
        raise SettingsError([message])
    own = decoded(_qualified(path, config))
    return StackFile(stack, path, {k: _readable(v) for k, v in own.items()})


def _qualified(path: Path, config: Mapping[Any, Any]) -> dict[str, Any]:
    """The keys as the engine takes them: one without a project in front is this project's."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        name = _full(key)
        if name in found:
            message = (
                f'{path}: "{name}" stands there with and without "{PROJECT}:", and the engine takes '
                "either, as it happens; keep one"
            )
            raise SettingsError([message])
        found[name] = value
    return found


def _full(key: object) -> str:
    return str(key) if ":" in str(key) else f"{PROJECT}:{key}"


def _refuse_settings_of_every_stack(manifest: Path, config: object) -> None:
    """The engine adds what the project says to each stack, where nobody who reviews one sees it."""
    names = config if isinstance(config, Mapping) else {}
    found = [str(key) for key in names if _full(key).startswith(f"{PROJECT}:")]
    if found:
        message = (
            f"{manifest}: config: has {', '.join(found)}, which the engine adds to every stack, and "
            "which no review of a stack file shows; write it into the stack files"
        )
        raise SettingsError([message])


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


def _mapping(path: Path) -> Mapping[str, Any]:
    return _loaded(path, path_text(path))


def _loaded(path: Path, text: str) -> Mapping[str, Any]:
    try:
        loaded = pulumi_yaml.load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a number or a nest too large
        place = getattr(error, "problem_mark", None)
        where = f", line {place.line + 1}" if place else ""
        message = f"{path}{where}: is not YAML; {getattr(error, 'problem', None) or 'check it'}"
        raise SettingsError([message]) from error
    if not isinstance(loaded, Mapping):
        message = f"{path}: holds no keys and values"
        raise SettingsError([message])
    return loaded


def _readable(value: Any) -> Any:
    """The value with a placeholder for whatever is encrypted."""
    if isinstance(value, Mapping):
        if set(value) == {_SECRET}:
            return _HIDDEN
        return {k: _readable(v) for k, v in value.items()}
    return [_readable(v) for v in value] if isinstance(value, list) else value
