"""Reads a configuration as a stack file: its settings, and what is wrong with their shape."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from cks_components.stack_file.base_model import READABLE, Location, StackFileModel, holds_moment
from cks_components.stack_file.moment import made_of_a_date
from cks_components.stack_file.scalar_types import in_words
from cks_components.stack_file.settings import Located, StackSettings
from cks_components.stack_file.unknown_values import UNREADABLE, UnknownValue

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PROJECT = "cks-access"
_NEAR = 0.7
"""How similar two keys are of which one is probably meant by the other (`difflib`)."""
_LETTERS = 4
"""How many letters a key has that is probably short for a longer one, such as `role`."""
_OTHER_WORDS = {
    "authn": ("authentication",),
    "authnwebhook": ("authentication",),
    "authz": ("authorization",),
    "authzwebhook": ("authorization",),
    "clusterid": ("id",),
    "clustername": ("name",),
    "pipelines": ("automation",),
    "roleref": ("clusterrole",),
    "serviceaccount": ("name",),
    "uuid": ("id",),
}
"""What other tools and the API call a key, in letters only."""
_NEVER_TEXT = ("list_type", "model_type", "model_attributes_type")
"""The errors of a text where there must be a list or a mapping; an encrypted value is a text."""


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """A stack file, as far as it could be read.

    Attributes:
        values: the values as written, by the names after `cks-access:`.
        settings: a value that could not be read, or is not known, raises `UnknownValueError` here.
        shown: the settings as they are shown: with the placeholder of a value that is not known,
            and the default of one that may come from elsewhere. Where a placeholder does not fit,
            reading the value raises `UnknownValueError`.
        malformed: what is wrong with the shape of each malformed value, in the order of the file;
            if empty, the settings are complete.
    """

    values: Mapping[str, Any]
    settings: StackSettings
    shown: StackSettings
    malformed: tuple[Located[str], ...] = ()


def read(
    values: Mapping[str, Any], unknown: Mapping[Location, str] | None = None, elsewhere: str = ""
) -> StackFile:
    """Read a stack file's values.

    Args:
        values: by the names after `cks-access:`; a text stands for a value that is not known.
        unknown: why a value is not known, by its place.
        elsewhere: where values may come from that are not among these; empty if nowhere.
    """
    hidden = _hidden(values, unknown or {}, elsewhere)
    malformed, unreadable = _malformed(values, hidden)
    judged = {p: value for p, value in hidden.items() if not (value.is_written and _is_secret(p))}
    return StackFile(
        values=values,
        settings=_settings(values, unreadable | judged),
        shown=_settings(values, unreadable),
        malformed=tuple(malformed),
    )


def _hidden(
    values: Mapping[str, Any], unknown: Mapping[Location, str], elsewhere: str
) -> dict[Location, UnknownValue]:
    """The values that are not known, by their places."""
    hidden = {place: UnknownValue(path_of(place), why) for place, why in unknown.items()}
    if elsewhere:
        why = f"may come from {elsewhere}, which is not known offline"
        for place in _absent(StackSettings, values):
            hidden[place] = UnknownValue(path_of(place), why, is_written=False)
    return hidden


def _malformed(
    values: Mapping[str, Any], hidden: Mapping[Location, UnknownValue]
) -> tuple[list[Located[str]], dict[Location, UnknownValue]]:
    """What is wrong with the shape of the values, and which values cannot be read therefore."""
    errors = _errors(values)
    meant = {e["loc"]: _meant(values, e["loc"]) for e in errors if e["type"] == "extra_forbidden"}
    wrong: list[Located[str]] = []
    unreadable: dict[Location, UnknownValue] = {}
    for e in errors:
        place, path = e["loc"], path_of(e["loc"])
        if place in hidden and (len(place) == 1 or e["type"] not in _NEVER_TEXT):
            unreadable[place] = hidden[place]
        elif e["type"] != "missing" or place not in meant.values():  # reported where it is misspelt
            field = meant.get(place)
            text = _instead(path, field) if field else _in_words(e)
            wrong.append(Located(path, text))
            if field or place not in meant:
                unreadable[field or place] = UnknownValue(path, UNREADABLE)
    for place, text in _dates(values):
        wrong.append(Located(path_of(place), text))
        unreadable[place] = UnknownValue(path_of(place), UNREADABLE)
    return wrong, unreadable


def _in_words(error: ErrorDetails) -> str:
    field = StackSettings.field_at(error["loc"])
    is_secret = field is not None and not field.repr
    return in_words(error, is_secret=is_secret, is_required=field is None or field.is_required())


def _errors(values: Mapping[str, Any]) -> list[ErrorDetails]:
    """What is wrong with the shape of the values, in their order."""
    try:
        StackSettings.model_validate(values)
    except ValidationError as error:
        return sorted(error.errors(), key=lambda e: _order(values, e["loc"]))
    return []


def _settings(values: Mapping[str, Any], unknown: Mapping[Location, UnknownValue]) -> StackSettings:
    settings = StackSettings.model_validate(values, context=READABLE)
    for place, value in unknown.items():
        settings.forget_at(place, value)
    return settings


def _dates(value: Any, place: Location = ()) -> Iterator[tuple[Location, str]]:
    """The texts that the engine made of dates, each with what is wrong."""
    if isinstance(value, Mapping | list):
        parts = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, part in parts:
            yield from _dates(part, (*place, key))
        return
    wrong = made_of_a_date(value) if isinstance(value, str) else ""
    field = StackSettings.field_at(place) if wrong else None
    if field and not holds_moment(field):  # what is below an unknown key is wrong already
        yield place, wrong


def _is_secret(place: Location) -> bool:
    """Whether a value is always secret, so that no rule looks at more than whether it is there."""
    field = StackSettings.field_at(place)
    return field is not None and not field.repr


def _absent(
    part: type[StackFileModel], values: Mapping[str, Any], around: Location = ()
) -> Iterator[Location]:
    """The places of the keys that are not written, in mappings that are not entries of a list."""
    for key in part.fields_by_key():
        inner = part.part_at((key,))
        if key not in values:
            yield (*around, key)
        elif inner and isinstance(values[key], Mapping):
            yield from _absent(inner, values[key], (*around, key))


def decoded(config: Mapping[str, Any]) -> dict[str, Any]:
    """This project's values in a configuration, by the names after `cks-access:`.

    The engine passes objects as JSON text, and `pulumi config set` writes them like that too. A
    known key after a misspelt `cks-access:` is kept as written, so that it is refused and not
    overlooked. An emptied key is an empty text for the engine; here it is None.
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
    if value == "":
        return None
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
    if place == (PROJECT,) and isinstance(values[PROJECT], Mapping):
        return next(((k,) for k in values[PROJECT] if k in StackSettings.fields_by_key()), None)
    part = StackSettings.part_at(tuple(around))
    absent = [k for k in part.fields_by_key() if k not in values] if part else []
    spelt, given = {_bare(k): k for k in absent}, _bare(str(key))
    found = [k for k in _OTHER_WORDS.get(given, ()) if k in spelt][:1]
    found = found or get_close_matches(given, spelt, n=1, cutoff=_NEAR)
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
    if path == path_of(place):
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


def path_of(loc: Location) -> str:
    """A place in a stack file, as findings write it."""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc).lstrip(".")
