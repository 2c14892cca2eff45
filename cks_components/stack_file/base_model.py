"""The base class of the stack file's models, strict by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

READABLE = "readable"
"""The validation context that keeps every part that can be read."""


class StackFileModel(BaseModel):
    """A part of a stack file: camelCase keys and no others; immutable.

    In the validation context `READABLE`, an unknown, missing or wrong key is left out and its
    default is used; for a required text or list, an empty one. A part without another required
    value cannot be read and is left out itself.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    unreadable: ClassVar[Mapping[str, Any]] = {}
    """The value that replaces an unreadable one, where it is not the default."""

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
            return cls.unreadable[name] if name in cls.unreadable else _blank(field)


def _has_blank(field: FieldInfo) -> bool:
    return not field.is_required() or _kind(field) in (str, list)


def _blank(field: FieldInfo) -> Any:
    if field.is_required():
        return _kind(field)()
    return field.get_default(call_default_factory=True)


def _kind(field: FieldInfo) -> Any:
    return getattr(field.annotation, "__origin__", field.annotation)
