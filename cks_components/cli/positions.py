"""Finds the line and column in a stack file for the path of a finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml

from cks_components.rules import Finding
from cks_components.stack_file.reading import PROJECT

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
        return f"{self.file}:{self.position.line}:{self.position.column}: {self.finding}"


class _Part(NamedTuple):
    """An entry of a list or a mapping: its name in a path, where it begins, and its value."""

    name: str
    place: yaml.Node
    value: yaml.Node


def position(root: yaml.Node | None, path: str) -> Position:
    """The position in a stack file of a finding's path: that of the key or the list's entry.

    A missing part has the position of the nearest part around it. A part inside a JSON text has the
    position of that text.

    Args:
        root: the file's document, from `pulumi_yaml.read`.
        path: such as `clusters[1].bindings[0].clusterRole`; empty for all of `config:`.
    """
    config = next((part for part in _parts(root) if part.name == _CONFIG), None)
    if config is None:
        return FIRST
    own = [
        part._replace(name=f".{part.name[1:].removeprefix(f'{PROJECT}:')}")
        for part in _parts(config.value)
    ]
    return _found(own, f".{path}", at(config.place.start_mark))


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
