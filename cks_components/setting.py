"""The kinds of values that stand in a stack file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from cks_components.api.environment import duration_seconds

Text = Annotated[str, StringConstraints(min_length=1)]
Uuid = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        to_lower=True,  # the API's spelling, so that capitals do not name another cluster
    ),
]
Namespace = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)
]


def _seconds(value: object) -> float:
    seconds = duration_seconds(str(value))
    if seconds is None or seconds <= 0:
        message = 'write a duration such as "20m" or "90s"'
        raise ValueError(message)
    return seconds


Seconds = Annotated[float, BeforeValidator(_seconds)]
"""A duration such as "20m"."""


STRICT = ConfigDict(
    alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True
)
"""Of every part of a stack file: camelCase keys, and no others."""
