"""The types of the values in a stack file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    Strict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from cks_components.api.environment import duration_seconds

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_ACCOUNT = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
_NO_ACCOUNT = "must be the namespace and the name of a service account, such as ci/deployer"
_DURATION = r"^(?=.*[1-9])([0-9]+(\.[0-9]+)?|([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+)$"
"""The pattern of what `duration_seconds` accepts, for editors."""
_SOME_UUID = "1b5274f2-8012-4b68-9010-cc4c51613302"
_SOME_NAME = "team-a"
_SHORTEST = 3
"""How many letters an abbreviation has, such as `dev`."""
_LONGEST_SECONDS = timedelta(days=36_500).total_seconds()
"""A century; later points in time overflow."""
_KEYS = "keys and values"
_ENTRY = "at least one entry"
_WANTED = {
    "bool_type": "true or false",
    "list_type": "a list, with each entry after a dash",
    "model_attributes_type": _KEYS,
    "model_type": _KEYS,
    "string_pattern_mismatch": "a text",
    "string_too_short": "a text",
    "string_type": "a text",
    "too_short": _ENTRY,
}
"""What belongs where a value has the wrong type, by pydantic's name of the error."""
_WORDS = {
    "bool_type": "must be true or false",
    "extra_forbidden": "is not a key of a stack file; check its spelling and its place",
    "list_type": "must be a list, with each entry after a dash",
    "model_attributes_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
}
_EXAMPLES = {
    "clientId": "0oa1example",
    "clusters": "[{name: train-east}]",
    "issuerUrl": "https://acme.okta.com",
    "lifetime": "30d",
    "name": _SOME_NAME,
    "namespace": "ci",
    "reason": "INC-1234",
    "renewBefore": "7d",
    "risk": "no-administrator",
    "rule": "OIDC-10",
    "server": "https://hook.example.com",
    "verbs": "[get, list]",
}
"""A value of each key that must be there."""
_OTHER_WORDS = {
    "aad": "entra",
    "aws": "cognito",
    "azure": "entra",
    "azuread": "entra",
    "false": "off",
    "githubactions": "github",
    "gitlabci": "gitlab",
    "googleworkspace": "google",
    "gsuite": "google",
    "live": "production",
    "microsoft": "entra",
    "no": "off",
    "oidc": "generic",
    "ping": "pingfederate",
    "rhsso": "keycloak",
    "test": "development",
}
"""What people write instead of a word of the stack file, in letters and digits only."""
_FIRST_KEYS = {
    "authentication": "server",
    "authorization": "server",
    "clusters": "name",
    "waivers": "rule",
}
"""The key that a text stands for where keys and values belong."""
_FLAGS = {"true": True, "false": False}
_MEANT = dict.fromkeys(("yes", "y", "on", "1", "true"), "true") | dict.fromkeys(
    ("no", "n", "off", "0", "false"), "false"
)


def in_words(error: ErrorDetails, *, is_secret: bool = False, is_required: bool = True) -> str:
    """What is wrong with the shape of a value, in terms of the stack file.

    Args:
        error: found by a model.
        is_secret: whether the value must not be shown.
        is_required: whether the key must be there.
    """
    kind, value = error["type"], error.get("input")
    if kind == "missing":
        return missing(str(error["loc"][-1]), _EXAMPLES)
    allowed = re.findall("'([^']*)'", error.get("ctx", {}).get("expected", ""))
    if value in (None, "", []):
        if error["loc"][-1:] == ("namespaces",):
            return _NO_NAMESPACES
        wanted = _one_of(allowed) if allowed else _WANTED.get(kind, "")
        if wanted:
            return _empty(wanted, error["loc"], is_required=is_required)
    pattern = error.get("ctx", {}).get("pattern")
    if pattern == _UUID or (kind == "string_type" and error["loc"][::2] == ("clusters", "id")):
        return _not_a_uuid(value)
    if pattern == _ACCOUNT:
        return _NO_ACCOUNT
    if pattern == _LABEL:
        return _not_a_name(str(value), error["loc"])
    if kind == "string_type":
        return _not_text(value, is_secret=is_secret)
    if allowed:
        return f"must be {_one_of(allowed)}{_nearest(str(value), allowed)}"
    if kind.startswith("model_") and isinstance(value, str):
        key = next((k for k in reversed(error["loc"]) if isinstance(k, str)), "")
        instead = f'; write "{_FIRST_KEYS[key]}: {value}"' if key in _FIRST_KEYS else ""
        return _WORDS[kind] + instead
    is_whole_key = len(error["loc"]) == 1  # only these can be JSON
    if is_whole_key and kind == "list_type" and isinstance(value, str) and value[:1] in ("[", "{"):
        return "is a text that begins like JSON, but is not valid JSON; correct it, or write YAML"
    if kind == "bool_type":
        near = _MEANT.get(str(value).casefold())
        return _WORDS[kind] + (f"; write {near}" if near else "")
    text = error["msg"].removeprefix("Value error, ").replace("should", "must", 1)
    text = text.removeprefix("Input ").removeprefix("String ")
    return _WORDS.get(kind, f"{text[:1].lower()}{text[1:]}")


def missing(key: str, examples: Mapping[str, str]) -> str:
    """That a key is missing, and what to write."""
    return f'is missing; write it, such as "{key}: {examples[key]}"'


def _one_of(allowed: list[str]) -> str:
    return f"{', '.join(allowed[:-1])} or {allowed[-1]}"


def _nearest(value: str, allowed: list[str]) -> str:
    given = value.casefold()
    other = _OTHER_WORDS.get(re.sub("[^a-z0-9]", "", given))
    if other in allowed:
        return f'; did you mean "{other}"?'
    longer = [each for each in allowed if len(given) >= _SHORTEST and each.startswith(given)]
    near = longer or get_close_matches(given, allowed, n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def _empty(wanted: str, place: tuple[int | str, ...], *, is_required: bool) -> str:
    """What is wrong with a value that was left out, an empty text and an empty list alike."""
    if place and isinstance(place[-1], int):
        return f"is empty; write {wanted}, or remove its dash"
    return f"is empty; write {wanted}" + ("" if is_required else ", or remove the key as well")


def _not_a_uuid(value: object) -> str:
    text = f"must be a UUID, such as {_SOME_UUID}"
    is_name = isinstance(value, str) and re.fullmatch(_LABEL, value)
    return text + (
        f'; if it is the cluster\'s name, write "name: {value}" instead' if is_name else ""
    )


def _not_a_name(value: str, place: tuple[int | str, ...]) -> str:
    """What is wrong with a text that cannot be the name of a namespace, role or account."""
    if place[-2:-1] == ("namespaces",) and not re.search("[a-zA-Z0-9]", value):
        return (
            f'"{value}" is no namespace, and there are no wildcards; write each namespace, or '
            "remove namespaces to give the role in the whole cluster"
        )
    usual = re.sub("[^a-z0-9]+", "-", value.lower()).strip("-")
    instead = f'; write "{usual}"' if usual else f', such as "{_SOME_NAME}"'
    return f'"{value}" must be a name of lower-case letters, digits and dashes{instead}'


def _not_text(value: object, *, is_secret: bool) -> str:
    """What is wrong with something else than text.

    The engine passes a number beyond 64 bits on as the nearest one that has 17 digits at most.
    """
    if isinstance(value, bool):
        return f"must be text, but without quotes it is the boolean {str(value).lower()}; {_QUOTE}"
    if not isinstance(value, int | float):
        return f"must be text, and not a {'list' if isinstance(value, list) else 'mapping'}"
    written = "" if is_secret else getattr(value, "written", "")  # the engine does not say
    shown = "" if is_secret else f" {value}"
    quoted = f'{_QUOTE}: "{written}"' if written else _QUOTE
    if abs(value) < _LARGEST:
        what = "it" if written in ("", str(value)) else written
        return f"must be text, but without quotes {what} is the number{shown}; {quoted}"
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


class WrittenInteger(int):
    """An integer that knows how it is written in a file, such as `0123` for 83."""

    written: str


class WrittenNumber(float):
    """A number with a point or an exponent that knows how it is written, such as `1.10`."""

    written: str


_QUOTE = "put quotes around it"
_LARGEST = 2**63

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
Account = Annotated[str, StringConstraints(pattern=_ACCOUNT)]
"""A service account, as NAMESPACE/NAME."""


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
    "is empty; write at least one entry, or remove the key to give the role in the whole cluster"
)
_Places = Annotated[list[Namespace], Field(min_length=1)]
Namespaces = Annotated[
    _Places | None,
    BeforeValidator(_not_null(_NO_NAMESPACES), json_schema_input_type=_Places),
]
"""The namespaces in which a role is given; if absent, the whole cluster."""
NotNull = BeforeValidator(_not_null(f"is empty; write {_KEYS}, or remove the key as well"))
"""For a part whose absence takes something away from the clusters."""


def _flag(value: object) -> object:
    """A boolean; the engine passes one that is not inside an object on as text."""
    return _FLAGS.get(value, value) if isinstance(value, str) else value


Flag = Annotated[bool, Strict(), BeforeValidator(_flag, json_schema_input_type=bool)]
"""True or false, and no other word for it."""


def _seconds(value: object) -> float:
    seconds = duration_seconds(str(value))
    if seconds is None or not 0 < seconds <= _LONGEST_SECONDS:
        problem = "is empty; " if value in (None, "") else ""
        message = f'{problem}write a duration such as "90s", "20m" or "30d"'
        raise ValueError(message)
    return seconds


def _duration(value: object) -> timedelta:
    return timedelta(seconds=_seconds(value))


_Written = Annotated[str, StringConstraints(pattern=_DURATION)] | Annotated[float, Field(gt=0)]
Seconds = Annotated[float, BeforeValidator(_seconds, json_schema_input_type=_Written)]
"""A duration such as "20m", in seconds."""
Duration = Annotated[timedelta, BeforeValidator(_duration, json_schema_input_type=_Written)]
"""A duration such as "20m", as a `timedelta`."""
OptionalDuration = Annotated[
    Duration | None,
    BeforeValidator(
        _not_null("is empty; write a duration such as 24h, or remove the key as well"),
        json_schema_input_type=_Written,
    ),
]
"""A duration that may be absent, but not empty."""
