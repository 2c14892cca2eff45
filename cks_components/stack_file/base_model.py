"""The base class of the stack file's models, strict by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, get_args

from pydantic import (
    ConfigDict,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from cks_components.stack_file.unknown_values import PartlyKnown, UnknownValue

Location = tuple[int | str, ...]
"""A place in a stack file: keys and indices, as pydantic names it."""
READABLE = "readable"
"""The validation context that keeps every part that can be read."""


class StackFileModel(PartlyKnown):
    """A part of a stack file: camelCase keys and no others; immutable.

    In the validation context `READABLE`, an unknown, missing or wrong key is left out and its
    default is used; for a required text or list, an empty one. A part without another required
    value cannot be read and is left out itself. `forget_at` then marks what was left out.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        defer_build=True,  # a provider's process imports the models, and reads no stack file
    )

    @classmethod
    def fields_by_key(cls) -> dict[str, str]:
        """The fields' names by the keys of the stack file."""
        return {str(field.alias): name for name, field in cls.model_fields.items()}

    @classmethod
    def part_at(cls, location: Location) -> type[StackFileModel] | None:
        """The model of the part at a place below this one; None if there is no model."""
        part: type[StackFileModel] | None = cls
        for step in location:
            if isinstance(step, str) and part is not None:
                name = part.fields_by_key().get(step)
                part = _model_in(part.model_fields[name].annotation) if name else None
        return part

    @classmethod
    def field_at(cls, location: Location) -> FieldInfo | None:
        """The field at a place below this part, or that of the list whose entry is there."""
        keys = tuple(step for step in location if isinstance(step, str))
        part = cls.part_at(keys[:-1])
        name = part.fields_by_key().get(keys[-1]) if part else None
        return part.model_fields[name] if part and name else None

    def forget_at(self, location: Location, value: UnknownValue) -> None:
        """Let the value at a place below this part raise `UnknownValueError`.

        If that value is not a field of a part, or its part was left out, it is the nearest field
        around it. A part in a list is forgotten with all its fields. An unknown key is nothing.
        """
        if not location:
            for field in type(self).model_fields:
                self.forget(field, value)
            return
        name = self.fields_by_key().get(str(location[0]))
        if name is None:
            return
        part = self.__dict__.get(name)
        is_shared = part is type(self).model_fields[name].default  # by every model of the class
        inner = None if is_shared else _model_at(part, location[1:])
        if inner is None:
            self.forget(name, value)
        else:
            inner[0].forget_at(inner[1], value)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any, info: ValidationInfo) -> Any:
        if info.context != READABLE:
            return values
        given = values if isinstance(values, Mapping) else {}
        fields = {str(field.alias): field for field in cls.model_fields.values()}
        return {k: given.get(k) for k, f in fields.items() if k in given or f.is_required()}

    @field_validator("*", mode="wrap")
    @classmethod
    def _value_or_blank(
        cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Any:
        try:
            return handler(value)
        except ValidationError:
            name = str(info.field_name)
            field = cls.model_fields[name]
            if info.context != READABLE or not _has_blank(field):
                raise
            return _blank(field)


def _has_blank(field: FieldInfo) -> bool:
    return not field.is_required() or _kind(field) in (str, list)


def _blank(field: FieldInfo) -> Any:
    if field.is_required():
        return _kind(field)()
    return field.get_default(call_default_factory=True)


def _kind(field: FieldInfo) -> Any:
    return getattr(field.annotation, "__origin__", field.annotation)


def _model_in(annotation: Any) -> type[StackFileModel] | None:
    """The model that a field holds, by itself or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, StackFileModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def holds_text(field: FieldInfo) -> bool:
    """Whether a field is text of any kind, or a list of such."""
    return _is_text(field.annotation)


def holds_moment(field: FieldInfo) -> bool:
    """Whether a field is a point in time."""
    return datetime in (field.annotation, *_parts_of(field.annotation))


def holds_duration(field: FieldInfo) -> bool:
    """Whether a field is a duration; a stack file has no other numbers."""
    return not {float, timedelta}.isdisjoint((field.annotation, *_parts_of(field.annotation)))


def _is_text(annotation: Any) -> bool:
    return str in (annotation, *_parts_of(annotation))


def _parts_of(annotation: Any) -> Iterator[Any]:
    for part in get_args(annotation):
        yield part
        yield from _parts_of(part)


def _model_at(value: Any, location: Location) -> tuple[StackFileModel, Location] | None:
    """The model nearest to a value that has the place in it, and the rest of the place."""
    if isinstance(value, StackFileModel) and location:
        return (value, location) if str(location[0]) in value.fields_by_key() else None
    if isinstance(value, list) and location and location[0] in range(len(value)):
        entry = value[int(location[0])]
        return (
            (entry, ())
            if location[1:] == () and isinstance(entry, StackFileModel)
            else _model_at(entry, location[1:])
        )
    return None
