"""Arguments of resources and components: plain values, outputs or secret ones, at any depth.

A function of plain values is called at once, so that an error in them stops a program before
anything is declared. A function of outputs is called when they are known. Its result is unknown if
one of them is unknown, and secret if one of them is secret.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import wraps
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, cast, overload

import pulumi
from pydantic import ValidationError

from cks_components.api.errors import SettingsError
from cks_components.api.models import Block
from cks_components.engine.dynamic_provider import malformed

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
B = TypeVar("B", bound=Block)


class ArgumentError(SettingsError, pulumi.RunError):
    """The arguments of a resource or component are wrong; the engine shows only its text."""


def is_plain(value: object) -> bool:
    """Whether a value holds no output at any depth."""
    return not _outputs(value)


def is_output(value: object) -> bool:
    """Whether a value is itself an output."""
    return isinstance(value, pulumi.Output | Awaitable)


def refuse_outputs(reason: str, given: Mapping[str, object]) -> None:
    """Refuse outputs where a plain value is needed.

    Args:
        reason: the reason, as the rest of a sentence that begins with "it".
        given: the arguments, by the paths that the message names.

    Raises:
        ArgumentError: with every argument that is an output, or holds one.
    """
    found = [path for path, value in given.items() if not is_plain(value)]
    if found:
        raise ArgumentError(
            [
                f"{path}: is an output of another resource, whose value is known too late: it {reason}; "
                "write a plain value, such as one from the program's configuration"
                for path in found
            ]
        )


def refuse_together(*checks: Callable[[], object]) -> None:
    """Make every check, and refuse at once what all of them refuse.

    Raises:
        ArgumentError: with the findings of every check, each once.
    """
    wrong: list[str] = []
    for check in checks:
        try:
            check()
        except ArgumentError as error:
            wrong += error.findings
    if wrong:
        raise ArgumentError(list(dict.fromkeys(wrong)))


def applied(function: Callable[..., T], *given: object) -> pulumi.Output[T]:
    """Apply a function to arguments that may be outputs, or contain some.

    Raises:
        Exception: as the function raises it, at once if all arguments are plain.
    """
    pending = _outputs(given)
    if not pending:
        return cast("pulumi.Output[T]", pulumi.Output.from_input(cast("Any", function(*given))))
    as_it_is_now = _filled(given, iter(pending))
    return pulumi.Output.all(*pending).apply(
        lambda came: function(*_filled(as_it_is_now, iter(came)))
    )


def with_gaps(function: Callable[..., T], *given: pulumi.Input[Any]) -> pulumi.Output[T]:
    """As `applied`, but the function is called even if a preview does not know some values yet.

    The function is given an object of the SDK's class `Unknown` in its place.
    """
    seen: list[pulumi.Output[Any]] = [
        pulumi.Output.from_input(value).apply(lambda came: came, run_with_unknowns=True)
        for value in given
    ]
    return pulumi.Output.all(*seen).apply(lambda came: function(*came), run_with_unknowns=True)


def secret(value: pulumi.Input[str] | None) -> pulumi.Input[str] | None:
    """Mark a value as secret; an empty one becomes None."""
    return pulumi.Output.secret(value) if value else None


def is_secret(value: object) -> pulumi.Output[bool]:
    """Whether a value has a secret at any depth; the answer itself is not secret."""

    async def any_secret() -> bool:
        return any([await pulumi.Output.from_input(o).is_secret() for o in _outputs(value)])

    return pulumi.Output.from_input(any_secret())


class Following(Protocol, Generic[P, T_co]):
    """A function of plain values that returns an output if an argument is one, or contains one."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> pulumi.Output[Any]: ...


def following(function: Callable[P, T]) -> Following[P, T]:
    """Let a function of plain values take outputs as well."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if is_plain((args, kwargs)):
            return function(*args, **kwargs)
        return applied(lambda positional, named: function(*positional, **named), args, kwargs)

    return cast("Following[P, T]", call)


def known_block(kind: type[B], leaves: Mapping[str, Any]) -> B:
    """Make a block of a cluster from known leaves.

    Raises:
        ArgumentError: a value is not a string.
    """
    try:
        return kind.model_validate(leaves)
    except ValidationError as error:
        wrong = list(malformed(error))
    raise ArgumentError(wrong)


def _parts(value: object) -> Sequence[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list | tuple):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    return ()


def _outputs(value: object) -> list[Any]:
    if is_output(value):
        return [value]
    return [output for part in _parts(value) for output in _outputs(part)]


def _filled(value: Any, came: Iterator[Any]) -> Any:
    """Return the value with its outputs replaced by their values."""
    if is_output(value):
        return next(came)
    if isinstance(value, Mapping):
        return {key: _filled(part, came) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_filled(part, came) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value)]
        return replace(value, **{name: _filled(getattr(value, name), came) for name in names})
    return value
