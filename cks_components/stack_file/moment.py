"""Points in time in a stack file, as they are written and as the engine passes them on."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

_DATE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d) (?P<clock>\d\d:\d\d:\d\d)(\.\d+)? (?P<zone>[-+]\d{4}) (UTC|[-+]\d{4})"
)
_CLOCK = r"[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2})?"
_ZONE = r"[Zz]|[-+][0-9]{2}:?[0-9]{2}"
_MOMENT = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({_CLOCK}({_ZONE}))?$"
"""The pattern of what `read_moment` accepts, for editors."""
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


def read_moment(value: object) -> datetime:
    """Read a point in time as it is written in a stack file.

    Raises:
        ValueError: it is none; the text says what to write.
    """
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
        raise ValueError(_NOT_IN_CALENDAR) from error


_NO_MOMENT = 'must be a date such as 2026-12-31 or a time such as "2026-12-31T18:00:00Z"'
_NOT_IN_CALENDAR = f"is not in the calendar; {_NO_MOMENT}"
Moment = Annotated[
    datetime,
    BeforeValidator(
        read_moment, json_schema_input_type=Annotated[str, StringConstraints(pattern=_MOMENT)]
    ),
]
"""A point in time, in UTC; a date is its beginning."""


def _not_empty(value: object) -> object:
    """Refuse an end whose value was removed, which would make the right one that never ends."""
    if value in (None, ""):
        raise ValueError(_NO_END)
    return value


_NO_END = "is empty; write a time, or remove the key so that the right never ends"
End = Annotated[
    Moment | None,
    BeforeValidator(
        _not_empty, json_schema_input_type=Annotated[str, StringConstraints(pattern=_MOMENT)]
    ),
]
"""When a right ends; if absent, it never ends."""


def moment_text(moment: datetime) -> str:
    """A point in time as it is written in a stack file."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
