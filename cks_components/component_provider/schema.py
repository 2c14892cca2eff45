"""The schema of the provider's package, from which Pulumi makes an SDK for each language."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import is_dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Any

from cks_components.cluster_access import TYPE_TOKEN, ClusterAccess
from cks_components.component_provider import arguments
from cks_components.component_provider.arguments import Argument, ArgumentType

PACKAGE = TYPE_TOKEN.partition(":")[0]
VERSION = re.sub(r"\.?(dev|a|b|rc)(\d+)$", r"-\1.\2", version("cks-access"))
"""The version as the engine reads it: 0.2.0.dev0 becomes 0.2.0-dev.0."""
_TYPE_NAMES: dict[type[Any], str] = {
    str: "string",
    bool: "boolean",
    float: "number",
    timedelta: "string",
}
_ANY = {"$ref": "pulumi.json#/Any"}
_TEXT = {"type": "string"}
OUTPUTS: dict[str, dict[str, Any]] = {
    "kubeconfig": _TEXT,
    "admin_kubeconfig": _TEXT,
    "facts": {"type": "object", "additionalProperties": _TEXT},
    "access": {"type": "array", "items": _ANY},
    "written": _TEXT,
    "automation_kubeconfigs": {"type": "object", "additionalProperties": _TEXT, "secret": True},
}
"""The outputs of `ClusterAccess` by their names in Python."""
_MAY_BE_ABSENT = {"kubeconfig"}


def text() -> str:
    """The schema as it lies in the repository."""
    return json.dumps(package(), indent=2) + "\n"


def package() -> dict[str, Any]:
    """The schema of the package in the installed version."""
    types: dict[str, Any] = {}
    given = arguments.of_component()
    inputs = {a.key: _property(a, types) for a in given}
    present = OUTPUTS.keys() - _MAY_BE_ABSENT
    return {
        "name": PACKAGE,
        "version": VERSION,
        "displayName": "cks-access",
        "description": "Identity and access for existing CoreWeave Kubernetes Service clusters.",
        "language": {"nodejs": {"respectSchemaVersion": True}},
        "meta": {"supportPack": True},
        "types": dict(sorted(types.items())),
        "resources": {
            TYPE_TOKEN: {
                "isComponent": True,
                "description": _summary(ClusterAccess),
                "inputProperties": inputs,
                "requiredInputs": sorted(a.key for a in given if a.is_required),
                "properties": {arguments.in_camel_case(k): v for k, v in OUTPUTS.items()},
                "required": sorted(map(arguments.in_camel_case, present)),
            }
        },
    }


def _property(argument: Argument, types: dict[str, Any]) -> dict[str, Any]:
    written = _value(argument.type, types)
    if argument.description:
        written["description"] = _sentence(argument)
    if argument.is_secret:
        written["secret"] = True
    return written


def _value(type_: ArgumentType, types: dict[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if type_.items is not None:
        is_list = type_.kind is list
        written["type"] = "array" if is_list else "object"
        written["items" if is_list else "additionalProperties"] = _value(type_.items, types)
    elif is_dataclass(type_.kind):
        written["$ref"] = f"#/types/{_object(type_.kind, types)}"
    else:
        written["type"] = _TYPE_NAMES[type_.kind]
    if not type_.takes_outputs:
        written["plain"] = True
    return written


def _sentence(argument: Argument) -> str:
    """The description for languages that have no `None`."""
    text = re.sub(r"\bNone\b", "no value", argument.description)
    text = text[0].upper() + text[1:]
    choices = ", ".join(argument.type.choices)
    return f"{text} One of {choices}." if choices else text


def _object(kind: type[Any], types: dict[str, Any]) -> str:
    """Put a class of arguments into the types; returns its token."""
    token = f"{PACKAGE}:index:{kind.__name__}"
    if token not in types:
        types[token] = {}
        given = arguments.of_class(kind)
        types[token] = {
            "type": "object",
            "description": _summary(kind),
            "properties": {a.key: _property(a, types) for a in given},
            "required": sorted(a.key for a in given if a.is_required),
        }
    return token


def _summary(kind: type[Any]) -> str:
    """A class's docstring without its sections."""
    text = inspect.cleandoc(kind.__doc__ or "")
    for section in ("Attributes:", "Raises:"):
        text = text.partition(f"\n\n{section}")[0]
    return text
