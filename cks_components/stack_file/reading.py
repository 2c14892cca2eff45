"""Reads a configuration as a stack file: its settings, and what is wrong with their shape."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from cks_components.stack_file.base_model import READABLE, Location
from cks_components.stack_file.scalar_types import in_words
from cks_components.stack_file.settings import Located, StackSettings
from cks_components.stack_file.unknown_values import UnknownValue

PROJECT = "cks-access"
_NEAR = 0.7
"""How similar two keys are of which one is probably meant by the other (`difflib`)."""
_LETTERS = 4
"""How many letters a key has that is probably short for a longer one, such as `role`."""


_UNREADABLE = "could not be read"


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """A stack file, as far as it could be read.

    Attributes:
        values: the values as written, by the names after `cks-access:`.
        settings: a value that could not be read raises `UnknownValueError` here.
        malformed: what is wrong with the shape of each malformed value, in the order of the file;
            if empty, the settings are complete.
    """

    values: Mapping[str, Any]
    settings: StackSettings
    malformed: tuple[Located[str], ...] = ()


def read(values: Mapping[str, Any]) -> StackFile:
    """Read a stack file's values, keyed by the names after `cks-access:`."""
    try:
        return StackFile(values=values, settings=StackSettings.model_validate(values))
    except ValidationError as error:
        errors = sorted(error.errors(), key=lambda e: _order(values, e["loc"]))
    meant = {e["loc"]: _meant(values, e["loc"]) for e in errors if e["type"] == "extra_forbidden"}
    settings = StackSettings.model_validate(values, context=READABLE)
    malformed = []
    for e in errors:
        if e["type"] == "missing" and e["loc"] in meant.values():
            continue  # it is reported where it is misspelt
        path, field = _path(e["loc"]), meant.get(e["loc"])
        malformed.append(Located(path, _instead(path, field) if field else in_words(e)))
        if field or e["loc"] not in meant:
            settings.forget_at(field or e["loc"], UnknownValue(path, _UNREADABLE))
    return StackFile(values=values, settings=settings, malformed=tuple(malformed))


def decoded(config: Mapping[str, Any]) -> dict[str, Any]:
    """This project's values in a configuration, by the names after `cks-access:`.

    The engine passes objects as JSON text, and `pulumi config set` writes them like that too. A
    known key after a misspelt `cks-access:` is kept as written, so that it is refused and not
    overlooked.
    """
    prefix = f"{PROJECT}:"
    own = {
        str(k): v
        for k, v in config.items()
        if str(k).startswith(prefix) or _has_misspelt_prefix(str(k))
    }
    return {key.removeprefix(prefix): _decoded(value) for key, value in own.items()}


def _has_misspelt_prefix(key: str) -> bool:
    project, _, name = key.partition(":")
    is_ours = name in {to_camel(field) for field in StackSettings.model_fields}
    return is_ours and bool(get_close_matches(project.lower(), [PROJECT], cutoff=0.8))


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _meant(values: Any, place: Location) -> Location | None:
    """The place that was probably meant by an unknown key; None if nothing is written like it."""
    *around, key = place
    for step in around:
        values = values[step]
    part = StackSettings.part_at(tuple(around))
    absent = [k for k in part.fields_by_key() if k not in values] if part else []
    spelt, given = {_bare(k): k for k in absent}, _bare(str(key))
    found = get_close_matches(given, spelt, n=1, cutoff=_NEAR)
    longer = [k for k in spelt if given in k and len(given) >= _LETTERS]
    if found or len(longer) == 1:
        found = found or longer
        return (*around, spelt[found[0]])
    steps = tuple(str(key).split("."))
    return (*around, *steps) if part and len(steps) > 1 and part.part_at(steps[:-1]) else None


def _bare(key: str) -> str:
    """A key without what people write in different ways."""
    return key.rpartition(":")[2].replace("_", "").replace("-", "").casefold()


def _instead(path: str, place: Location) -> str:
    """What to write instead of a key that is not one."""
    if path == _path(place):
        *outer, last = path.split(".")
        return (
            "is one key with a dot in its name, which is not a key of a stack file; write "
            f'"{last}" below "{outer[-1]}"'
        )
    key = f"{PROJECT}:{place[0]}" if len(place) == 1 else place[-1]
    return f'is not a key of a stack file; did you mean "{key}"?'


def _order(value: Any, loc: Sequence[int | str]) -> list[int]:
    """The position of a value in the order of the file; a missing value comes last."""
    if not loc or not isinstance(value, Mapping | list):
        return []
    parts = dict(value if isinstance(value, Mapping) else enumerate(value))
    if loc[0] not in parts:
        return [len(parts)]
    return [list(parts).index(loc[0]), *_order(parts[loc[0]], loc[1:])]


def _path(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc).lstrip(".")
