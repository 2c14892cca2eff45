"""Finds the line and column in a file for the path of a finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from cks_components.rules import Finding
from cks_components.stack_file.base_model import Location
from cks_components.stack_file.reading import PROJECT
from cks_components.stack_file.visible_text import visible

_CONFIG = ".config"


class Position(NamedTuple):
    """A line and column, counted from 1; columns are characters."""

    line: int
    column: int


FIRST = Position(1, 1)
"""The position of a finding about the whole file."""


@dataclass(frozen=True)
class LocatedFinding:
    """A finding and its position; editors and terminals can open its text as a link."""

    finding: Finding
    file: Path
    position: Position

    def __str__(self) -> str:
        """File, line, column, then the finding's own line."""
        place = f"{self.file}:{self.position.line}:{self.position.column}"
        return f"{visible(place)}: {self.finding}"

    def as_data(self) -> dict[str, Any]:
        """The finding's parts with its file, line and column, ready to be written as JSON."""
        found = asdict(self.finding) | {"file": str(self.file), **self.position._asdict()}
        del found["of_cluster"]  # no finding about a file has one
        return found


class _Part(NamedTuple):
    """An entry of a list or a mapping: its name in a path, where it begins, and its value."""

    name: str
    place: yaml.Node
    value: yaml.Node


def position(root: yaml.Node | None, path: str, project: str = PROJECT) -> Position:
    """The position in a stack file of a finding's path: that of the key or the list's entry.

    A missing part has the position of the nearest part around it. A part inside a JSON text has the
    position of that text.

    Args:
        root: the file's document, from `engine_yaml.read`.
        path: such as `clusters[1].bindings[0].clusterRole`; empty for all of `config:`.
        project: the project's name, to which keys without a project belong.
    """
    config = _entry(root, _CONFIG)
    if config is None:
        return FIRST
    return _found(_own(config.value, project), f".{path}", at(config.place.start_mark))


def project_position(root: yaml.Node | None, path: str, project: str = PROJECT) -> Position:
    """The same in a project file, where a value may stand below `default:` or `value:`."""
    config = _entry(root, _CONFIG)
    if config is None:
        return FIRST
    parts = [part._replace(value=_declared(part.value)) for part in _own(config.value, project)]
    return _found(parts, f".{path}", at(config.place.start_mark))


def key_position(root: yaml.Node | None, key: str) -> Position:
    """The position of a key of `config:`, as it is written; else that of `config:`."""
    config = _entry(root, _CONFIG)
    if config is None:
        return FIRST
    part = _entry(config.value, f".{key}") or config
    return at(part.place.start_mark)


def top_position(root: yaml.Node | None, key: str) -> Position:
    """The position of a key of the file itself, such as `environment`."""
    part = _entry(root, f".{key}")
    return at(part.place.start_mark) if part else FIRST


def path_position(root: yaml.Node | None, path: str) -> Position:
    """The position of a path in any file, such as `stacks.east.clusters[1]`."""
    return _found(_parts(root), f".{path}", FIRST)


def plain_texts(root: yaml.Node | None, project: str) -> Iterator[tuple[Location, yaml.ScalarNode]]:
    """Yield each value of a stack file that is written without quotes, with its place."""
    config = _entry(root, _CONFIG)
    for part in _own(config.value, project) if config else ():
        yield from _plain((part.name[1:],), part.value)


def unquoted(root: yaml.Node | None) -> Iterator[tuple[Location, yaml.ScalarNode]]:
    """Yield each value of any file that is written without quotes, with its place."""
    return _plain((), root) if root else iter(())


def _plain(place: Location, node: yaml.Node) -> Iterator[tuple[Location, yaml.ScalarNode]]:
    if isinstance(node, yaml.ScalarNode):
        if not node.style:
            yield place, node
    elif isinstance(node, yaml.SequenceNode):
        for index, entry in enumerate(node.value):
            yield from _plain((*place, index), entry)
    else:
        for key, value in node.value:
            yield from _plain((*place, key.value), value)


def _entry(node: yaml.Node | None, name: str) -> _Part | None:
    return next((part for part in reversed(_parts(node)) if part.name == name), None)


def _own(config: yaml.Node, project: str) -> list[_Part]:
    """The entries of `config:` by the names after `cks-access:`."""
    named = [(part, part.name[1:]) for part in _parts(config)]
    return [
        part._replace(name=f".{(n if ':' in n else f'{project}:{n}').removeprefix(f'{PROJECT}:')}")
        for part, n in named
    ]


def _declared(node: yaml.Node) -> yaml.Node:
    values = [_entry(node, f".{name}") for name in ("default", "value")]
    return next((part.value for part in values if part), node)


def at(mark: yaml.Mark) -> Position:
    """Convert a position of PyYAML, which counts from 0."""
    return Position(mark.line + 1, mark.column + 1)


def _found(parts: Sequence[_Part], path: str, outer: Position) -> Position:
    """Follow a path through parts; `outer` is the position of the part around them."""
    fitting = [part for part in parts if _leads(part.name, path)]
    if not fitting:
        return outer
    part = max(reversed(fitting), key=lambda p: len(p.name))  # of equal keys the last one counts
    rest = path.removeprefix(part.name)
    if rest and isinstance(part.value, yaml.ScalarNode):
        return at(part.value.start_mark)
    return _found(_parts(part.value), rest, at(part.place.start_mark))


def _leads(name: str, path: str) -> bool:
    """Whether a path is the part's own path or leads into the part."""
    return path.startswith(name) and path[len(name) :][:1] in ("", ".", "[")


def _parts(node: yaml.Node | None) -> list[_Part]:
    if isinstance(node, yaml.SequenceNode):
        return [_Part(f"[{index}]", entry, entry) for index, entry in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return [_Part(f".{key.value}", key, value) for key, value in node.value]
    return []
