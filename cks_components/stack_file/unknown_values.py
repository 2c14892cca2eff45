"""Values of a stack file that are not known: whoever needs one is told which it is, and why.

A value is not known if it is encrypted, if it comes from somewhere else than the files, or if it
could not be read. Its default would be a guess, so reading it raises `UnknownValueError`, and what
was to be concluded from it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar, cast

from pydantic import BaseModel, ConfigDict, PrivateAttr

from cks_components.api.errors import SettingsError

T = TypeVar("T")
S = TypeVar("S")

UNREADABLE = "could not be read"
"""The reason of a value whose shape is wrong."""


class UnknownValue(NamedTuple):
    """A value that is not known.

    Attributes:
        path: its path in the stack file, such as `identity.groupsPrefix`.
        reason: continues a sentence that begins with the path, such as "is encrypted".
        is_written: whether there is something at the path; if not, the value may come from
            elsewhere.
    """

    path: str
    reason: str
    is_written: bool = True


class UnknownValueError(SettingsError):
    """A value is needed that is not known."""

    def __init__(self, value: UnknownValue) -> None:
        super().__init__([f"{value.path}: {value.reason}"])
        self.value = value


class PartlyKnown(BaseModel):
    """A model of which some values may not be known."""

    model_config = ConfigDict(defer_build=True)  # as every model of a stack file

    _unknown: dict[str, UnknownValue] = PrivateAttr(default_factory=dict)

    @property
    def unknown(self) -> dict[str, UnknownValue]:
        """The fields whose value is not known."""
        return self._unknown

    def known(self, field: str) -> Any:
        """The value of a field; None if it is not known."""
        return None if field in self._unknown else getattr(self, field)

    def forget(self, field: str, value: UnknownValue) -> None:
        """Let a field raise `UnknownValueError` from now on."""
        self.__dict__.pop(field, None)
        self._unknown.setdefault(field, value)

    if not TYPE_CHECKING:  # pragma: no branch - the type checker would miss misspelt attributes

        def __getattr__(self, name: str) -> Any:
            """Called where no value is set."""
            private = object.__getattribute__(self, "__pydantic_private__") or {}
            if name in private.get("_unknown", ()):
                raise UnknownValueError(private["_unknown"][name])
            return super().__getattr__(name)


class _Unknown:
    """Stands for a value that is not known; every use of it raises."""

    def __init__(self, value: UnknownValue) -> None:
        self.__dict__["value"] = value

    def _raise(self, *_: Any) -> NoReturn:
        raise UnknownValueError(self.__dict__["value"])

    __getattr__ = __bool__ = __len__ = __iter__ = __getitem__ = __contains__ = __str__ = _raise
    __eq__ = __hash__ = _raise


def each_known(items: Iterable[S], judge: Callable[[S], Iterable[T]]) -> Iterator[T]:
    """What `judge` yields of each item; one that is not known does not hide the others.

    Raises:
        UnknownValueError: of the first item that is not known, after all the others.
    """
    first: UnknownValueError | None = None
    for item in items:
        try:
            yield from judge(item)
        except UnknownValueError as error:
            first = first or error
    if first is not None:
        raise first


def deferred(read: Callable[[], T]) -> T:
    """What `read` returns, or something of which every use raises the `UnknownValueError` of `read`.

    So a value can be handed to what may not need it.
    """
    try:
        return read()
    except UnknownValueError as error:
        return cast("T", _Unknown(error.value))
