"""Adds an entry to a list in the text of a YAML file; every other character stays as it is."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from cks_components.api.errors import SettingsError
from cks_components.project import engine_yaml
from cks_components.stack_file.base_model import Location

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._/@-]*")
_NOT_TEXT = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_MARK = "\ufeff"


def with_entry(text: str, place: Location, entry: Mapping[str, Any]) -> str:
    """The text with one more entry at the end of a list.

    Args:
        text: of a YAML or JSON file that `engine_yaml` reads.
        place: the keys and indices that lead to the list; if only its last key is missing there, it
            is added.
        entry: texts and lists of texts, by key.

    Raises:
        SettingsError: the list is not written where it is used, such as inside a JSON text or
            behind an alias.
    """
    mark, text = text[: len(_MARK)] if text.startswith(_MARK) else "", text.removeprefix(_MARK)
    before = engine_yaml.read(text)
    node = _node(before.root, place)
    added = _added(text, node, entry) if node else ""
    if not node:
        around = _node(before.root, place[:-1])
        added = _with_key(text, around, str(place[-1]), entry) if around else ""
    try:
        is_right = bool(added) and engine_yaml.load(added) == _expected(before.value, place, entry)
    except yaml.YAMLError:
        is_right = False
    if not is_right:
        message = (
            f"cannot add an entry to {place[-1]}, because it is not written as a list of its own "
            "there (but as a JSON text, or by an anchor or a merge); write the entry yourself"
        )
        raise SettingsError([message])
    return mark + added


def _expected(value: Any, place: Location, entry: Mapping[str, Any]) -> Any:
    expected = copy.deepcopy(value)
    around = expected
    for step in place[:-1]:
        around = around[step]
    around[place[-1]] = [*(around.get(place[-1]) or []), dict(entry)]
    return expected


def _node(node: yaml.Node | None, place: Location) -> yaml.Node | None:
    for step in place:
        if isinstance(node, yaml.MappingNode):
            node = next((v for k, v in reversed(node.value) if k.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and step in range(len(node.value)):
            node = node.value[int(step)]
        else:
            return None
    return node


def _added(text: str, node: yaml.Node, entry: Mapping[str, Any]) -> str:
    """The text with an entry at the end of a list that is there."""
    if not isinstance(node, yaml.SequenceNode):
        return ""
    if node.flow_style:
        return _in_flow(text, node, _flow(entry))
    return _on_lines(text, node, _block(entry, node.start_mark.column))


def _with_key(text: str, node: yaml.Node, key: str, entry: Mapping[str, Any]) -> str:
    """The text with a new key for a list with one entry."""
    if not isinstance(node, yaml.MappingNode) or not node.value:
        return ""
    if node.flow_style:
        return _in_flow(text, node, f"{json.dumps(key)}: [{_flow(entry)}]")
    column = node.start_mark.column
    return _on_lines(text, node, [f"{' ' * column}{key}:", *_block(entry, column + 2)])


def _in_flow(text: str, node: yaml.CollectionNode, added: str) -> str:
    if not node.value:
        start = node.start_mark.index + 1
        return f"{text[:start]}{added}{text[start:]}"
    last = node.value[-1]
    end = (last[1] if isinstance(last, tuple) else last).end_mark.index
    return f"{text[:end]}, {added}{text[end:]}"


def _on_lines(text: str, node: yaml.Node, lines: Sequence[str]) -> str:
    """The text with lines after the last one that belongs to a block, and not to what follows it."""
    last = max((leaf.end_mark for leaf in _leaves(node, node)), key=lambda mark: mark.index)
    end = last.index
    if last.column:  # a text of several lines ends at the beginning of the next one
        newline = text.find("\n", end)
        end = len(text) if newline < 0 else newline + 1
    ending = "\r\n" if "\r\n" in text else "\n"
    before = text[:end] if text[:end].endswith("\n") else text[:end] + ending
    return before + "".join(f"{line}{ending}" for line in lines) + text[end:]


def _leaves(node: yaml.Node, whole: yaml.Node) -> Iterator[yaml.Node]:
    """The nodes without blocks in them that are written inside another one, and not elsewhere."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style:
        if whole.start_mark.index <= node.start_mark.index <= whole.end_mark.index:
            yield node
        return
    for part in node.value:
        for inner in part if isinstance(part, tuple) else (part,):
            yield from _leaves(inner, whole)


def _flow(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False)


def _block(entry: Mapping[str, Any], column: int) -> list[str]:
    lines = [f"{key}: {yaml_value(value)}" for key, value in entry.items()]
    return [f"{' ' * column}{'- ' if i == 0 else '  '}{line}" for i, line in enumerate(lines)]


def yaml_value(value: str | Sequence[str]) -> str:
    """A text or a list of texts as YAML in one line, with quotes where a reader could mistake it."""
    if not isinstance(value, str):
        return f"[{', '.join(map(yaml_value, value))}]"
    is_plain = _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT
    return value if is_plain else json.dumps(value, ensure_ascii=False)
