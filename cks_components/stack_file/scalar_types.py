"""The types of the values in a stack file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from cks_components.api.environment import duration_seconds

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_DURATION = r"^(?=.*[1-9])([0-9]+(\.[0-9]+)?|([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+)$"
"""The pattern of what `duration_seconds` accepts, for editors."""
_LONGEST_SECONDS = timedelta(days=36_500).total_seconds()
"""A century; later points in time overflow."""
_NO_KEYS = "must be a mapping of keys to values"
_WORDS = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "extra_forbidden": "is not a key of a stack file; check its spelling and its place",
    "list_type": "must be a list, with each entry after a dash",
    "missing": "is missing",
    "model_attributes_type": _NO_KEYS,
    "model_type": _NO_KEYS,
    "string_too_short": "is empty; write a text",
    "too_short": "has no entries; write at least one",
    _LABEL: "must be a name of lower-case letters, digits and dashes, such as train-east",
    _UUID: "must be a UUID, such as 1b5274f2-8012-4b68-9010-cc4c51613302",
}


def in_words(error: ErrorDetails, *, is_secret: bool = False) -> str:
    """What is wrong with the shape of a value, in terms of the stack file.

    Args:
        error: found by a model.
        is_secret: whether the value must not be shown.
    """
    if error["type"] == "string_type":
        return _not_text(error["input"], is_secret=is_secret)
    if error["type"] == "literal_error":
        allowed = re.findall("'([^']*)'", error["ctx"]["expected"])
        near = get_close_matches(str(error["input"]).casefold(), allowed, n=1)
        meant = f'; did you mean "{near[0]}"?' if near else ""
        return f"must be {', '.join(allowed[:-1])} or {allowed[-1]}{meant}"
    pattern = error.get("ctx", {}).get("pattern")
    text = error["msg"].removeprefix("Value error, ").replace("should", "must", 1)
    text = text.removeprefix("Input ").removeprefix("String ")
    return _WORDS.get(str(pattern or error["type"]), f"{text[:1].lower()}{text[1:]}")


def _not_text(value: object, *, is_secret: bool) -> str:
    """What is wrong with something else than text.

    The engine passes a number beyond 64 bits on as the nearest one that has 17 digits at most.
    """
    if value is None:
        return "is empty; write a text, or remove the key as well"
    if isinstance(value, bool):
        return f"must be text, but without quotes it is the boolean {str(value).lower()}; {_QUOTE}"
    if not isinstance(value, int | float):
        return f"must be text, and not a {'list' if isinstance(value, list) else 'mapping'}"
    shown = "" if is_secret else f" {value}"
    if abs(value) < _LARGEST:
        return f"must be text, but without quotes it is the number{shown}; {_QUOTE}"
    if isinstance(value, float) or value == Decimal(repr(float(value))):
        return (
            f"must be text, but is the number{shown}, which is what Pulumi kept of a longer one "
            "that was written without quotes: its last digits are lost. Copy the value again from "
            "where it comes from, and put quotes around it"
        )
    return (
        "must be text, but without quotes it is a number, of which Pulumi keeps 17 digits at most; "
        + (_QUOTE if is_secret else f'{_QUOTE}: "{value}"')
    )


_QUOTE = "put quotes around it"
_LARGEST = 2**63
_DATE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d) (?P<clock>\d\d:\d\d:\d\d)(\.\d+)? (?P<zone>[-+]\d{4}) (UTC|[-+]\d{4})"
)


_CLOCK = r"[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2})?"
_ZONE = r"[Zz]|[-+][0-9]{2}:?[0-9]{2}"
_MOMENT = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({_CLOCK}({_ZONE}))?$"
"""The pattern of what `_moment` accepts, for editors."""
_MOMENT_PARTS = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}((?P<clock>{_CLOCK})(?P<zone>{_ZONE})?)?"
)


def made_of_a_date(text: str) -> str:
    """What is wrong with a text that the engine made of a date; empty if it is another text."""
    found = _DATE.fullmatch(text)
    if not found:
        return ""
    return (
        "is what Pulumi makes of a date that is written without quotes; write what you mean in "
        f'quotes, such as "{found["date"]}"'
    )


Environment = Literal["development", "staging", "production"]
Text = Annotated[str, StringConstraints(min_length=1)]
Uuid = Annotated[
    str,
    StringConstraints(
        pattern=_UUID,
        to_lower=True,  # the API's spelling, so that capitals do not name another cluster
    ),
]
Namespace = Annotated[str, StringConstraints(pattern=_LABEL, max_length=63)]


def wrong_name(path: str, value: str) -> Iterator[str]:
    """What is wrong with a name that a program passes where a stack file has a `Namespace`."""
    try:
        _name_type().validate_python(value)
    except ValidationError as error:
        yield from (f"{path}: {in_words(each)}" for each in error.errors())


@cache
def _name_type() -> TypeAdapter[str]:
    return TypeAdapter(Namespace)


def _not_null(message: str) -> Callable[[object], object]:
    """Refuse a key whose value was removed: it is a mistake, and does not mean "no key"."""

    def validate(value: object) -> object:
        if value is None:
            raise ValueError(message)
        return value

    return validate


_NO_NAMESPACES = (
    "has no entries; write at least one, or remove the key to give the role in the whole cluster"
)
_Places = Annotated[list[Namespace], Field(min_length=1)]
Namespaces = Annotated[
    _Places | None,
    BeforeValidator(_not_null(_NO_NAMESPACES), json_schema_input_type=_Places),
]
"""The namespaces in which a role is given; if absent, the whole cluster."""
NotNull = BeforeValidator(
    _not_null("is empty; write what belongs below the key, or remove the key as well")
)
"""For a part whose absence takes something away from the clusters."""


def _seconds(value: object) -> float:
    seconds = duration_seconds(str(value))
    if seconds is None or not 0 < seconds <= _LONGEST_SECONDS:
        message = 'write a duration such as "20m" or "90s"'
        raise ValueError(message)
    return seconds


def _duration(value: object) -> timedelta:
    return timedelta(seconds=_seconds(value))


_Written = Annotated[str, StringConstraints(pattern=_DURATION)] | Annotated[float, Field(gt=0)]
Seconds = Annotated[float, BeforeValidator(_seconds, json_schema_input_type=_Written)]
"""A duration such as "20m", in seconds."""
Duration = Annotated[timedelta, BeforeValidator(_duration, json_schema_input_type=_Written)]
"""A duration such as "20m", as a `timedelta`."""


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    text = _DATE.sub(r"\g<date>T\g<clock>\g<zone>", str(value)).upper()
    parts = _MOMENT_PARTS.fullmatch(text)
    if parts is None:
        raise ValueError(_NO_MOMENT)
    if parts["clock"] and not parts["zone"]:
        message = f'has no time zone; write "{text}Z" if you mean UTC'
        raise ValueError(message)
    try:
        return datetime.fromisoformat(text if parts["clock"] else f"{text}T00:00Z").astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the 31st of June, or the year 10000 in UTC
        raise ValueError(_NO_MOMENT) from error


_NO_MOMENT = 'must be a date such as 2026-12-31 or a time such as "2026-12-31T18:00:00Z"'
Moment = Annotated[
    datetime,
    BeforeValidator(
        _moment, json_schema_input_type=Annotated[str, StringConstraints(pattern=_MOMENT)]
    ),
]
"""A point in time, in UTC; a date is its beginning."""


def moment_text(moment: datetime) -> str:
    """A point in time as it is written in a stack file."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
