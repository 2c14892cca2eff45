"""Reads a configuration as a stack file: its settings, and what is wrong with their shape."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from cks_components.stack_file.base_model import READABLE
from cks_components.stack_file.scalar_types import in_words
from cks_components.stack_file.settings import Located, StackSettings

PROJECT = "cks-access"


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """A stack file, as far as it could be read.

    Attributes:
        values: the values as written, by the names after `cks-access:`.
        settings: a value that could not be read has its default here.
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
        malformed = tuple(Located(_path(e["loc"]), in_words(e)) for e in errors)
    settings = StackSettings.model_validate(values, context=READABLE)
    return StackFile(values=values, settings=settings, malformed=malformed)


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
