"""Reads YAML as the engine does: the plain values of YAML 1.2, and no repeated keys in a mapping.

PyYAML alone differs from the engine. It reads YAML 1.1, where `off` and `no` are booleans and
`12:30` is a number. Of two equal keys it takes the last, but the engine refuses them. Of several
merged mappings it takes the last one's value, but the engine takes the first one's. A library for
YAML 1.2 differs too: it reads `010` as ten, and the engine's Go library reads eight.

PyYAML's nodes also hold the position of each value. `ruamel.yaml` would give positions too, but
with other values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

_MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    """A safe loader with the engine's resolvers."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Refuse equal keys here, before merged keys are mixed with written ones."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.composer.ComposerError(
                        None,
                        None,
                        f'the key "{key.value}" is written twice in one mapping',
                        key.start_mark,
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
        """Put merged keys before written ones, so that the key that counts comes last."""
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
                        None, None, '"<<" can only merge keys and values', source.start_mark
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
    """A document's values, and its nodes, which hold the position of each value.

    Attributes:
        value: the values as the engine reads them.
        root: None if there is no document. A mapping holds merged keys and written ones; of equal
            keys the last one counts.
    """

    value: Any
    root: yaml.Node | None


def read(text: str) -> Document:
    """Read one document, with the positions of its parts.

    Raises:
        yaml.YAMLError: it is not valid YAML, or a mapping has a key twice.
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
