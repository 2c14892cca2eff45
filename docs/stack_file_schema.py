"""The JSON Schema of a stack file, which an editor uses to complete and check keys.

It is made from the model of the stack file, descriptions included. It covers keys and kinds of
values; what a value means is checked by the rules (`cks-access check`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from cks_components.stack_file.reading import PROJECT
from cks_components.stack_file.settings import StackSettings

_DEFINITIONS = "definitions"
_OWN = "#/properties/config/properties"
"""Where a key without the project has its schema too; as a pattern, editors do not propose it."""


def schema() -> str:
    """The schema of a whole stack file, including the keys that the engine adds."""
    own = StackSettings.model_json_schema(
        schema_generator=_Schema, ref_template=f"#/{_DEFINITIONS}/{{model}}"
    )
    definitions: dict[str, Any] = own.pop("$defs")
    _finish("config", own, definitions, set())
    keys = "|".join(own["properties"])
    whole = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"A stack file of {PROJECT}",
        "description": "Made by `make docs` from the model of the stack file.",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "description": "The settings of the stack; those of other projects are their own.",
                "type": "object",
                "properties": {
                    f"{PROJECT}:{key}": _or_text(value) for key, value in own["properties"].items()
                },
                "patternProperties": {f"^({PROJECT}:)?(?!({keys})$)[^:]*$": False}
                | {f"^{key}$": {"$ref": f"{_OWN}/{PROJECT}:{key}"} for key in own["properties"]},
                "anyOf": [
                    {"required": [f"{project}{key}" for key in own["required"]]}
                    for project in (f"{PROJECT}:", "")  # the engine puts the project before
                ],
            }
        },
        _DEFINITIONS: definitions,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


class _Schema(GenerateJsonSchema):
    """The model's schema, adapted to files: no titles, no nulls, and texts may be encrypted."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def handle_ref_overrides(self, json_schema: JsonSchemaValue) -> JsonSchemaValue:
        """Keep a key's description even where it equals the one of the definition."""
        return json_schema

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """A text, or an encrypted one if the text has no pattern."""
        text = super().str_schema(schema)
        if "pattern" in text:
            return text
        encrypted = {"secure": {"type": "string"}}
        return text | {
            "type": ["string", "object"],
            "properties": encrypted,
            "required": list(encrypted),
            "additionalProperties": False,
        }


def _or_text(value: dict[str, Any]) -> dict[str, Any]:
    """A setting as a user writes it, or as `pulumi config set` does: JSON in a text."""
    if value.get("type") != "array" and "$ref" not in value:
        return value
    described = {"description": value.pop("description")}
    return described | {"anyOf": [value, {"type": "string", "pattern": "^[\\[{]"}]}


def _finish(
    section: str, part: dict[str, Any], definitions: dict[str, Any], done: set[str]
) -> None:
    """Give each part the title of its key, and remove defaults that are not plain values."""
    part["title"] = section
    for key, value in part.get("properties", {}).items():
        if not isinstance(value.get("default"), str | bool):
            value.pop("default", None)
        for name in _references(value):
            if name not in done:
                done.add(name)
                _finish(key, definitions[name], definitions, done)


def _references(value: Any) -> Iterator[str]:
    """The definitions that a schema refers to."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
