"""YAML as the engine reads it: YAML 1.2's few plain values, and no key twice in one place.

PyYAML reads YAML 1.1, where `off` and `no` are booleans and `12:30` is a number, takes the last of
two equal keys, which the engine refuses, and of several mappings that are merged in the last one's
value, where the first one's counts. A library for YAML 1.2 would read `010` as ten; the engine's Go
library reads eight, so that neither version's reader is the engine's.

PyYAML's nodes also say where each value stands, so that no second library has to read the file for
that (`ruamel.yaml` would, with values of its own).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

_MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    """A safe loader with resolvers of its own."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Refuse equal keys here, before what is merged in is mixed with what is written."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.composer.ComposerError(
                        None, None, f'"{key.value}" stands twice in one place', key.start_mark
                    )
                seen.add(key.value)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Say where a value is not what its own tag says; PyYAML's own error has no place."""
        try:
            return super().construct_object(node, deep=deep)
        except (AttributeError, IndexError, KeyError, ValueError) as error:
            raise yaml.constructor.ConstructorError(
                None, None, "check it", node.start_mark
            ) from error

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Put what is merged in before what is written, and what counts behind what does not."""
        merged: list[tuple[yaml.Node, yaml.Node]] = []
        written = []
        for key, value in node.value:
            if key.tag != _MERGE:
                written.append((key, value))
                continue
            for source in (
                reversed(value.value) if isinstance(value, yaml.SequenceNode) else [value]
            ):
                if not isinstance(source, yaml.MappingNode):
                    raise yaml.constructor.ConstructorError(
                        None, None, '"<<" takes keys and values only', source.start_mark
                    )
                self.flatten_mapping(source)
                merged += source.value
        node.value = merged + written


_Loader.yaml_implicit_resolvers = {}  # PyYAML copies them per class when one is added
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(0[0-7_]*|[1-9][0-9_]*|0x[0-9a-fA-F]+|0b[01]+)", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


@dataclass(frozen=True)
class Document:
    """A document's values, and the nodes that they were made of, which say where each stands.

    Attributes:
        value: what the engine reads.
        root: None where there is no document. In a mapping, what is merged in stands beside what is
            written; of equal keys the last one counts.
    """

    value: Any
    root: yaml.Node | None


def read(text: str) -> Document:
    """Read one document and where its parts stand.

    Raises:
        yaml.YAMLError: it is not YAML, or has a key twice in one place.
    """
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        return Document(None if root is None else loader.construct_document(root), root)
    finally:
        loader.dispose()


def load(text: str) -> Any:
    """Read one document's values.

    Raises:
        yaml.YAMLError: as `read`.
    """
    return read(text).value
