"""Reads YAML as the engine does: the plain values of YAML 1.2, and no repeated keys in a mapping.

PyYAML alone differs from the engine. It reads YAML 1.1, where `off` and `no` are booleans and
`12:30` is a number. Of two equal keys it takes the last, but the engine refuses them, and keys that
are no text as well. Of several merged mappings it takes the last one's value, but the engine takes
the first one's. A library for YAML 1.2 differs too: it reads `010` as ten, and the engine's Go
library (`gopkg.in/yaml.v3`) reads eight, and a date as a time, which becomes another text.

The digits of a number stay as they are written; the engine keeps about 17 of those of a number
beyond 64 bits.

PyYAML's nodes also hold the position of each value. `ruamel.yaml` would give positions too, but
with other values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

from cks_components.stack_file.scalar_types import WrittenInteger, WrittenNumber

_MERGE = "tag:yaml.org,2002:merge"
_TEXT = "tag:yaml.org,2002:str"


class _Loader(yaml.SafeLoader):
    """A safe loader with the engine's resolvers."""

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        """Refuse an anchor that contains itself, as the engine does."""
        node: yaml.Node | None = super().compose_node(parent, index)
        if (
            isinstance(node, yaml.CollectionNode) and node.end_mark is None
        ):  # it is not composed yet
            raise _wrong(node, "the value of this anchor contains itself; write it out")
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Refuse equal keys here, before merged keys are mixed with written ones."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag not in (_TEXT, _MERGE):
                what = (
                    f'put "{key.value}" in quotes'
                    if isinstance(key, yaml.ScalarNode)
                    else "write one"
                )
                raise _wrong(key, f"a key must be text; {what}")
            if key.value in seen:
                raise _wrong(key, f'the key "{key.value}" is written twice in one mapping')
            seen.add(key.value)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Say where a value is not what its own tag says; PyYAML's own error has no place."""
        try:
            return super().construct_object(node, deep=deep)
        except (AttributeError, IndexError, KeyError, ValueError) as error:
            raise _wrong(node, "check it") from error

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
                    raise _wrong(source, '"<<" can only merge keys and values')
                self.flatten_mapping(source)
                merged += source.value
        node.value = merged + written


def _wrong(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def _integer(_loader: _Loader, node: yaml.ScalarNode) -> int:
    """An integer as Go reads it: `010` and `0o10` are eight."""
    text = node.value.replace("_", "").lower()
    digits = text.lstrip("+-")
    is_octal = digits.startswith("0") and digits.isdigit()
    number = WrittenInteger(text, 8 if is_octal else 0)
    number.written = node.value
    return number


def _number(_loader: _Loader, node: yaml.ScalarNode) -> float:
    """A number with a point or an exponent; the engine cannot pass on the others."""
    if node.value.strip("+-").startswith(_NOT_FINITE):
        raise _wrong(node, f"Pulumi cannot pass on the number {node.value}")
    number = WrittenNumber(node.value.replace("_", ""))
    number.written = node.value
    return number


def _date(_loader: _Loader, node: yaml.ScalarNode) -> str:
    """A date without quotes as the text that the engine makes of it; other digits stay as they are."""
    *numbers, fraction, zone = _MOMENT.fullmatch(node.value).groups()  # type: ignore[union-attr] # it was resolved by it
    try:
        year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
        moment = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return str(node.value)
    rest = f".{fraction}".rstrip("0").rstrip(".") if fraction else ""
    offset = "" if zone in (None, "Z", "+00:00", "-00:00") else zone.replace(":", "")
    return f"{moment}{rest} {f'{offset} {offset}' if offset else '+0000 UTC'}"


_NOT_FINITE = (".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN")
_CLOCK = r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]+))?"
_MOMENT = re.compile(
    rf"([0-9]{{4}})-([0-9]{{1,2}})-([0-9]{{1,2}})(?:[Tt ]{_CLOCK}(Z|[-+][0-9]{{2}}:[0-9]{{2}})?)?"
)
_DAY = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_TIME = r"[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?"
_Loader.yaml_implicit_resolvers = {}  # PyYAML copies them per class when one is added
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (
        "int",
        r"[-+]?(0[oO]?[0-7_]*|[1-9][0-9_]*|0[xX][0-9a-fA-F_]+|0[bB][01_]+)",
        "-+0123456789",
    ),
    ("float", r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+."),
    (
        "timestamp",
        rf"{_DAY}([Tt]{_TIME}(Z|[-+][0-9]{{2}}:[0-9]{{2}})| {_TIME})?",
        "0123456789",
    ),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )
for _tag, _constructor in (("int", _integer), ("float", _number), ("timestamp", _date)):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _constructor)


@dataclass(frozen=True)
class Document:
    """A document's values, and its nodes, which hold the position of each value.

    Attributes:
        value: the values as the engine reads them; None if there is no document.
        root: None if there is no document. A mapping holds merged keys and written ones; of equal
            keys the last one counts.
        rest: where another document begins, which the engine does not read; None if there is none.
    """

    value: Any
    root: yaml.Node | None
    rest: yaml.Mark | None = None


def read(text: str) -> Document:
    """Read the first document, with the positions of its parts.

    Raises:
        yaml.YAMLError: it is not valid YAML, or a mapping has a key twice.
    """
    loader = _Loader(text.removeprefix("\ufeff"))
    try:
        root = loader.get_node() if loader.check_node() else None
        value = None if root is None else loader.construct_document(root)
        return Document(value, root, _next(loader))
    finally:
        loader.dispose()


def _next(loader: _Loader) -> yaml.Mark | None:
    try:
        following = loader.get_node() if loader.check_node() else None
    except yaml.YAMLError:
        return loader.get_mark()
    return following.start_mark if following else None


def load(text: str) -> Any:
    """Read the first document's values.

    Raises:
        yaml.YAMLError: as `read`.
    """
    return read(text).value
