"""The text of a stack file that is made of a fleet file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cks_components.project.configuration import is_encrypted
from cks_components.stack_file.reading import PROJECT

_CONFIG = "config"
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
    own = {_own(key, project): value for key, value in config.items()}
    new = {key: _with_encrypted(value, own.get(key)) for key, value in values.items()}
    kept = {k: v for k, v in own.items() if k and k not in new and is_encrypted(v)}
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


def by_hand(text: str, present: Mapping[str, Any], project: str) -> list[str]:
    """The keys of a stack file that somebody has written, and that rendering would replace."""
    if text.startswith('# Written by "cks-access fleet render"'):
        return []
    config = present.get(_CONFIG) or {}
    return [key for key, value in config.items() if _own(key, project) and not is_encrypted(value)]


def _own(key: str, project: str) -> str:
    """A key without `cks-access:`; empty for a key of another project."""
    full = key if ":" in key else f"{project}:{key}"
    return full.removeprefix(f"{PROJECT}:") if full.startswith(f"{PROJECT}:") else ""


def _with_encrypted(value: Any, present: Any) -> Any:
    """A value with the encrypted parts that the stack file has and the fleet file cannot have."""
    if not isinstance(value, Mapping) or not isinstance(present, Mapping):
        return value
    inner = {k: _with_encrypted(v, present.get(k)) for k, v in value.items()}
    return inner | {k: v for k, v in present.items() if k not in value and is_encrypted(v)}
