"""Checks at run time that a program's arguments have the right types.

A string in place of a list would be read letter by letter, and a generator is empty when it is
read again: both would bind the wrong users, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import get_args

from cks_components.engine.arguments import ArgumentError, is_output, refuse_outputs
from cks_components.lifecycle.policies import OnDelete, OnDrift
from cks_components.rules import Context


def require(*found: Iterable[str]) -> None:
    """Refuse arguments of the wrong type.

    Raises:
        ArgumentError: with everything that is wrong.
    """
    wrong = [text for texts in found for text in texts]
    if wrong:
        raise ArgumentError(wrong)


def listed(path: str, value: object, example: str) -> Iterator[str]:
    """What is wrong with a list that is read more than once.

    Args:
        path: of the argument.
        value: what was written.
        example: what the list is of, or one as it is written.
    """
    if not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping):
        yield f"{path}: must be a list, such as {example}, but is {_named(value)}"


def text(path: str, value: object) -> Iterator[str]:
    """What is wrong with a text, if it is known."""
    if is_output(value):
        return
    if not isinstance(value, str):
        yield f"{path}: must be a string, but is {_named(value)}"
    elif not value.strip():
        yield f"{path}: is empty"


def optional_text(path: str, value: object) -> Iterator[str]:
    """What is wrong with a text that may be missing or empty, if it is known."""
    if not (value is None or is_output(value) or isinstance(value, str)):
        yield f"{path}: must be a string, but is {_named(value)}"


def flag(path: str, value: object) -> Iterator[str]:
    """What is wrong with a boolean, if it is known."""
    if not (is_output(value) or isinstance(value, bool)):
        yield f"{path}: must be True or False, but is {_named(value)}"


def policies(path: str, given: object) -> Iterator[str]:
    """What is wrong with the policies of a block, as far as they are known.

    Args:
        path: of the object that has them, with the dot; empty if they are arguments themselves.
        given: the object.
    """
    checks: dict[str, Callable[[str, object], Iterator[str]]] = {
        "adopt": flag,
        "on_drift": partial(_one_of, get_args(OnDrift)),
        "on_delete": partial(_one_of, get_args(OnDelete)),
        "update_timeout_seconds": seconds,
    }
    for name, check in checks.items():
        yield from check(f"{path}{name}", getattr(given, name))


def _one_of(names: Sequence[str], path: str, value: object) -> Iterator[str]:
    if not is_output(value) and value not in list(names):
        shown = f'"{value}"' if isinstance(value, str) else _named(value)
        yield f"{path}: must be one of {', '.join(names)}, but is {shown}"


def texts(path: str, value: object, example: str) -> Iterator[str]:
    """What is wrong with a list of texts, as far as it is known."""
    if is_output(value):
        return
    yield from listed(path, value, example)
    is_ordered = isinstance(value, list | tuple)  # outputs in something else are not waited for
    parts = value if isinstance(value, Collection) and not isinstance(value, str) else ()
    for index, part in enumerate(parts):
        if is_output(part) and not is_ordered:
            yield f"{path}[{index}]: is an output, which only a list or a tuple may hold"
        yield from text(f"{path}[{index}]", part)


def of_kind(path: str, value: object, *kinds: type) -> Iterator[str]:
    """What is wrong with an object that must be of one of some classes."""
    if not isinstance(value, kinds):
        names = dict.fromkeys(kind.__name__ for kind in kinds)
        yield f"{path}: must be {' or '.join(names)}, but is {_named(value)}"


def seconds(path: str, value: object) -> Iterator[str]:
    """What is wrong with a number of seconds, if it is known; its range is checked elsewhere."""
    if isinstance(value, timedelta):
        yield (
            f"{path}: must be a number of seconds, but is {_named(value)}; write its "
            "total_seconds(), as in timedelta(minutes=20).total_seconds()"
        )
    elif not (value is None or is_output(value) or isinstance(value, int | float | str)):
        yield f"{path}: must be a number of seconds, such as 1200, but is {_named(value)}"


def refuse_odd_context(context: Context) -> None:
    """Refuse a context with unknown values.

    Raises:
        ArgumentError: it is an output or contains one, or has an unknown value.
    """
    # A provider's process imports this module with the resources, and declares none.
    from cks_components.identity.preset import Provider
    from cks_components.stack_file.scalar_types import Environment

    refuse_outputs("decides how strictly this program is judged", {"context": context})
    require(of_kind("context", context, Context))
    require(of_kind("context.waivers", context.waivers, Mapping))
    known = {"environment": get_args(Environment), "provider": get_args(Provider)}
    require(
        f'context.{key}: "{value}" is not one of {", ".join(names)}'
        for key, names in known.items()
        if (value := getattr(context, key)) not in names
    )


def _named(value: object) -> str:
    """The kind of a value, and never the value, which may be a secret."""
    return "None" if value is None else f"of type {type(value).__name__}"
