"""YAML as kubectl reads it (go.yaml.in/yaml/v2), where that differs from PyYAML."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

_BOOLEANS = {"y": True, "n": False}
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_IMPLICIT = {
    "tag:yaml.org,2002:bool": (re.compile("[yYnN]$"), "yYnN"),
    "tag:yaml.org,2002:int": (re.compile("[-+]?0o[0-7]+$"), "-+0"),
    "tag:yaml.org,2002:float": (
        re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"),
        "-+.0123456789",
    ),
}
"""What is no text unless it is in quotes, though PyYAML takes it for one, with its beginnings."""


class Loader(yaml.SafeLoader):
    """Takes a date for text, `y` for a boolean, `1e3` for a number, and tabs in JSON for spaces."""

    bool_values = yaml.SafeLoader.bool_values | _BOOLEANS

    def __init__(self, text: str) -> None:
        """Read a text; a tab between the values of JSON is one that YAML would refuse."""
        super().__init__(text.replace("\t", " ") if is_json(text) else text)


def is_json(text: str) -> bool:
    """Whether a text is a mapping in JSON, in whose strings no tab can stand."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


class Dumper(yaml.SafeDumper):
    """Puts text into quotes that kubectl would take for something else."""


# In C where PyYAML has it, several times faster; the text, which lies in states, is the same.
FastDumper: Any = type("FastDumper", (getattr(yaml, "CSafeDumper", yaml.SafeDumper),), {})
"""Writes what Dumper does, if `allow_unicode` is not set."""

for _kind in (Loader, Dumper, FastDumper):
    for _tag, (_pattern, _beginnings) in _IMPLICIT.items():
        _kind.add_implicit_resolver(_tag, _pattern, list(_beginnings))


def _as_written(loader: Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


Loader.add_constructor(_TIMESTAMP, _as_written)
