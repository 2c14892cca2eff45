"""A fleet file: many clusters in several stacks, written in one place.

`common` holds the keys that every stack has, `stacks` the keys of each stack by its name. A key of
a stack replaces the common one whole, as a stack file's key replaces that of `Pulumi.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cks_components.api.errors import SettingsError
from cks_components.kubernetes.nearest_name import nearest
from cks_components.project import configuration
from cks_components.project.positions import LocatedFinding, at, path_position, unquoted
from cks_components.project.yaml_file import document_of, refused, text_of
from cks_components.rules import Finding, Level
from cks_components.stack_file.base_model import holds_text
from cks_components.stack_file.reading import PROJECT, path_of
from cks_components.stack_file.settings import StackSettings

_COMMON, _STACKS, _CLUSTERS = "common", "stacks", "clusters"
_STACK_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
"""As Pulumi accepts it."""
_Found = tuple[str, str]
"""The path and the text of a finding."""


@dataclass(frozen=True)
class Fleet:
    """The stacks of a fleet.

    Attributes:
        path: the fleet file.
        stacks: the values of each stack by the keys of a stack file, which stand in the order of
            the stack file's schema; by the stack's name, in the order of the fleet file.
    """

    path: Path
    stacks: Mapping[str, Mapping[str, Any]]


def read(path: Path) -> Fleet:
    """Read a fleet file.

    Whether the values are right is left to `cks-access check`, for each stack file.

    Raises:
        FileError: it is not valid YAML, or more than one document.
        SettingsError: with every finding, each with its place: an unknown key, a stack without
            clusters, an encrypted value, a number without quotes where text belongs, a cluster in
            two stacks, or a stack that is too large for Pulumi.
    """
    document = document_of(path, text_of(path, "name the path of the fleet file"))
    if document.rest is not None:
        text = "another document begins here, which no stack would get; put everything into one"
        raise refused(path, text, at(document.rest))
    content: Mapping[str, Any] = document.value or {}
    found = [*_wrong_shape(content), *_encrypted(content), *_numbers(document.root)]
    if not found:
        fleet = Fleet(path, {name: _merged(content, name) for name in content[_STACKS]})
        found = [*_owned_twice(fleet.stacks), *_too_large(fleet.stacks)]
    if found:
        raise SettingsError(
            [
                str(LocatedFinding(_error(*each), path, path_position(document.root, each[0])))
                for each in found
            ]
        )
    return fleet


def _error(path: str, text: str) -> Finding:
    return Finding(level=Level.ERROR, path=path, text=text)


def _wrong_shape(content: Mapping[str, Any]) -> Iterator[_Found]:
    for key in content:
        if key not in (_COMMON, _STACKS):
            yield key, f"is not a key of a fleet file, which has {_COMMON} and {_STACKS}"
    yield from _unknown_keys(_COMMON, content.get(_COMMON) or {})
    stacks = content.get(_STACKS)
    if not isinstance(stacks, Mapping) or not stacks:
        yield _STACKS, "must hold the name of each stack, and below it the stack's clusters"
        return
    folded: dict[str, str] = {}
    for name, values in stacks.items():
        place = f"{_STACKS}.{name}"
        if not _STACK_NAME.fullmatch(name):
            yield (
                place,
                "is not a name of a stack: Pulumi takes ASCII letters, digits, dots, dashes and "
                "underscores, and at most 100 of them",
            )
        elif (other := folded.setdefault(name.lower(), name)) != name:
            yield (
                place,
                f"differs from {other} only in case, and on macOS and Windows the two have the same "
                "stack file; choose another name",
            )
        yield from _unknown_keys(place, values)
        if isinstance(values, Mapping) and not isinstance(values.get(_CLUSTERS), list):
            yield place, f"has no list of {_CLUSTERS}; write the clusters of this stack there"


def _unknown_keys(place: str, values: object) -> Iterator[_Found]:
    if not isinstance(values, Mapping):
        yield place, "must hold keys of a stack file and their values"
        return
    known = StackSettings.fields_by_key()
    for key in values:
        if key not in known:
            hint = nearest(str(key), sorted(known))
            yield f"{place}.{key}", f"is not a key of a stack file{hint}"
        elif place == _COMMON and key == _CLUSTERS:
            yield f"{place}.{key}", f"a cluster belongs to one stack: write it below {_STACKS}"


def _encrypted(content: Mapping[str, Any]) -> Iterator[_Found]:
    """The encrypted values; each stack has a key of its own, so they stand in its file."""
    text = (
        "is an encrypted value, which only one stack can read; encrypt it in the stack's file, with "
        '"pulumi config set --secret --path", and remove it here'
    )
    for place, _ in configuration.parts(content, configuration.is_encrypted):
        yield path_of(place), text


def _numbers(root: yaml.Node | None) -> Iterator[_Found]:
    """The numbers in the place of texts, which a stack file would not have as they are written."""
    for place, node in unquoted(root):
        inner = place[1:] if place[:1] == (_COMMON,) else place[2:]
        is_named = any(isinstance(step, str) for step in inner)
        field = StackSettings.field_at(inner) if is_named else None
        if field and holds_text(field) and node.tag.endswith((":int", ":float")):
            text = (
                f"must be text, but without quotes {node.value} is a number; put quotes around it"
            )
            yield path_of(place), f'{text}: "{node.value}"'


def _merged(content: Mapping[str, Any], stack: str) -> dict[str, Any]:
    values = {**(content.get(_COMMON) or {}), **content[_STACKS][stack]}
    return {key: values[key] for key in StackSettings.fields_by_key() if key in values}


def _owned_twice(stacks: Mapping[str, Mapping[str, Any]]) -> Iterator[_Found]:
    first: dict[tuple[str, str], str] = {}
    for stack, values in stacks.items():
        for index, cluster in enumerate(values[_CLUSTERS]):
            own = f"{_STACKS}.{stack}.{_CLUSTERS}"
            place = f"{own}[{index}]"
            for key in ("id", "name") if isinstance(cluster, Mapping) else ():
                if cluster.get(key) is None:
                    continue
                before = first.setdefault((key, str(cluster[key]).lower()), place)
                if before != place:
                    text = f"is the cluster {cluster[key]}, as {before} is; remove one of the two"
                    if not before.startswith(f"{own}["):
                        text += ", because two stacks would overwrite each other's changes"
                    yield place, text
                    break


def _too_large(stacks: Mapping[str, Mapping[str, Any]]) -> Iterator[_Found]:
    for stack, values in stacks.items():
        size = configuration.size({f"{PROJECT}:{key}": value for key, value in values.items()})
        if size > configuration.LARGEST_SIZE:
            text = configuration.too_large(size)
            number = len(values[_CLUSTERS])
            divided = f"; divide its {number} clusters" if number > 1 else ""
            yield f"{_STACKS}.{stack}", text + divided
