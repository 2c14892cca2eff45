"""The text of a stack file that is made of a fleet file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from cks_components.project.configuration import is_encrypted, parts
from cks_components.stack_file.reading import PROJECT, path_of

_CONFIG, _CLUSTERS = "config", "clusters"
_UNMISTAKABLE = re.compile(r"[A-Za-z/*].*", re.DOTALL)
"""Texts that no reader of YAML takes for a number or a date; PyYAML quotes the other doubtful ones."""


class _Dumper(yaml.SafeDumper):
    """Writes lists as people do, and no anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's name
        """Indent a list below its key."""
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, _data: object) -> bool:
        """Write equal values out, each where it belongs."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None if _UNMISTAKABLE.fullmatch(value) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)


_Dumper.add_representer(str, _text)
_Dumper.add_multi_representer(int, lambda dumper, number: dumper.represent_int(int(number)))
_Dumper.add_multi_representer(float, lambda dumper, number: dumper.represent_float(float(number)))


def head(fleet: Path) -> str:
    """The first line of each stack file that is made of a fleet file."""
    return (
        f'# Written by "cks-access fleet render" from {fleet.name}: change that file, not this one.'
    )


def rendered(
    fleet: Path, values: Mapping[str, Any], present: Mapping[str, Any], project: str
) -> str:
    """The text of a stack file: the same for the same arguments.

    What Pulumi writes into a stack file stays: the keys beside `config:` (such as encryptionsalt),
    encrypted values, and the configuration of other projects.

    Args:
        fleet: the path of the fleet file.
        values: the stack's values by the keys of a stack file.
        present: the content of the present stack file; empty if there is none.
        project: the project's name, to which keys without a project belong.
    """
    config = present.get(_CONFIG) or {}
    own = own_values(present, project)
    new = {key: _with_encrypted(value, own.get(key)) for key, value in values.items()}
    kept = {k: v for k, v in own.items() if k not in new and is_encrypted(v)}
    others = {key: value for key, value in config.items() if not _own(key, project)}
    ours = {f"{PROJECT}:{key}": value for key, value in (new | kept).items()}
    text = yaml.dump(
        {**present, _CONFIG: ours | others},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=10_000,
    )
    return f"{head(fleet)}\n{text}"


def is_rendered(text: str, fleet: Path | None = None) -> bool:
    """Whether a stack file was made of a fleet file; if one is named, of a file of that name."""
    first = text.partition("\n")[0]
    is_any = first.startswith('# Written by "cks-access fleet render" from ')
    return is_any and (fleet is None or f" from {fleet.name}: " in first)


def own_values(present: Mapping[str, Any], project: str) -> dict[str, Any]:
    """The values of a stack file by the keys after `cks-access:`."""
    config = present.get(_CONFIG) or {}
    return {own: value for key, value in config.items() if (own := _own(key, project))}


def by_hand(present: Mapping[str, Any], project: str) -> list[str]:
    """The keys of a stack file without the head that somebody has written."""
    config = present.get(_CONFIG) or {}
    return [key for key, value in config.items() if _own(key, project) and not is_encrypted(value)]


def _own(key: str, project: str) -> str:
    """A key without `cks-access:`; empty for a key of another project."""
    full = key if ":" in key else f"{project}:{key}"
    return full.removeprefix(f"{PROJECT}:") if full.startswith(f"{PROJECT}:") else ""


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What differs in the values of two stack files: keys, and clusters by their names."""
    found: list[str] = []
    for key in {**before, **after}:
        if before.get(key) == after.get(key):
            continue
        old, now = entries(before.get(key)), entries(after.get(key))
        clusters = [c for c in {**old, **now} if key == _CLUSTERS and old.get(c) != now.get(c)]
        found += [f"cluster {cluster}" for cluster in clusters] or [key]
    return found


def entries(clusters: Any) -> dict[str, Any]:
    """The entries of a list of clusters by what names each: its id, or else its name."""
    listed = clusters if isinstance(clusters, list) else []
    named = ((_name(entry), entry) for entry in listed if isinstance(entry, Mapping))
    return {name: entry for name, entry in named if name}


def lost(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """The places of the encrypted values that the values of another version have not."""
    kept = [value for _, value in parts(after, is_encrypted)]
    for place, value in parts(before, is_encrypted):
        if value not in kept:
            yield path_of(place)


def _name(entry: Any) -> str:
    written = entry.get("id") or entry.get("name") if isinstance(entry, Mapping) else None
    return str(written).lower() if written else ""


def _with_encrypted(value: Any, present: Any) -> Any:
    """A value with the encrypted parts that the stack file has and the fleet file cannot have."""
    if isinstance(value, list):
        before = entries(present)
        return [_with_encrypted(part, before.get(_name(part))) for part in value]
    if not isinstance(value, Mapping) or not isinstance(present, Mapping):
        return value
    inner = {k: _with_encrypted(v, present.get(k)) for k, v in value.items()}
    return inner | {k: v for k, v in present.items() if k not in value and is_encrypted(v)}
