"""The configuration of a stack as `cks-access` sees it, without the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from cks_components.api.errors import SettingsError
from cks_components.kubernetes.nearest_name import nearest
from cks_components.project import configuration, project_file, selected_stack
from cks_components.project.configuration import Configuration, ConfigurationError
from cks_components.project.engine_yaml import Document
from cks_components.project.positions import (
    FIRST,
    LocatedFinding,
    at,
    key_position,
    plain_texts,
    position,
    project_position,
    top_position,
)
from cks_components.project.project_file import ProjectFile
from cks_components.project.yaml_file import FileError, document_of, is_there, refused, text_of
from cks_components.rules import Examined, Finding, Level, examine
from cks_components.stack_file.base_model import Location, holds_text
from cks_components.stack_file.reading import PROJECT, decoded, path_of
from cks_components.stack_file.settings import StackSettings
from cks_components.stack_file.unknown_values import UnknownValueError

T = TypeVar("T")

_NO_PROJECT = (
    "there is no Pulumi.yaml in this folder or above it, so a stack's name leads nowhere; run the "
    "command in the project's folder, or name the path of the stack's file"
)

_ENVIRONMENTS = "environment"
ENCRYPTED = "is encrypted"
_OLD_BOOLEANS = {
    word: meaning
    for meaning, words in (("true", ("y", "yes", "on")), ("false", ("n", "no", "off")))
    for short in words
    for word in (short, short.capitalize(), short.upper())
}
"""What YAML 1.1 takes for a boolean, and YAML 1.2 and Pulumi for text."""
_OF_PULUMI = {"encryptedkey", "encryptionsalt", "secretsprovider"}
"""What "pulumi stack init" writes into a stack file."""
_CLIENT_SECRET = "identity.clientSecret"  # noqa: S105 - where it stands, not what it is


@dataclass(frozen=True)
class StackConfig:
    """A stack's name and configuration, with the places in its files.

    Attributes:
        path: the stack file.
        values: by the names after `cks-access:`. A text stands for an encrypted value, a different
            one for each ciphertext, so that a version with another secret is not equal.
        unknown: why a value is not known, by its place.
        environments: the environments of Pulumi ESC, from which values may come that are not in
            the files.
        from_project: the paths of what the project file adds.
        others: the values of other keys, which the program may read, by the whole key.
        is_resolved: whether the engine was asked, so that only secrets are not known.
    """

    stack: str
    path: Path
    values: Mapping[str, Any]
    unknown: Mapping[Location, str]
    environments: tuple[str, ...]
    from_project: tuple[str, ...]
    document: Document = field(repr=False)
    project: ProjectFile = field(repr=False)
    others: Mapping[str, Any] = field(repr=False, default_factory=dict)
    is_resolved: bool = False

    @property
    def encryption(self) -> Mapping[str, Any]:
        """What the engine has written about the encryption of the stack's secrets, by its keys."""
        content: Mapping[str, Any] = self.document.value or {}
        return {key: content[key] for key in _OF_PULUMI & content.keys()}

    @property
    def elsewhere(self) -> str:
        """Where values may come from that are not in the files; empty if nowhere."""
        names = ", ".join(f'"{name}"' for name in self.environments)
        return f"the environment {names} of Pulumi ESC" if names else ""

    @property
    def is_of_project(self) -> bool:
        """Whether the file is the one that Pulumi reads for a stack of this name."""
        return self.path.resolve() == self.project.file_of(self.stack).resolve()

    @property
    def examined(self) -> Examined:
        """The values after every check that needs no network."""
        return examine(self.values, self.unknown, self.elsewhere)

    @property
    def settings(self) -> StackSettings:
        """The values as settings, without the bindings and pipelines that have ended.

        Reading a value that is not known raises `UnknownValueError`.

        Raises:
            SettingsError: with every finding that refuses, each with its place in its file.
        """
        accepted = self.examined.accepted(lambda finding: str(self.located(finding)))
        return accepted.in_force(datetime.now(UTC))

    def located(self, finding: Finding) -> LocatedFinding:
        """A finding with its file, line and column."""
        name, project = self.project.name, self.project.path
        if not finding.path:
            return LocatedFinding(
                finding, self.path, top_position(self.document.root, _ENVIRONMENTS)
            )
        if project and self.project.document and self._is_from_project(finding.path):
            root = self.project.document.root
            return LocatedFinding(finding, project, project_position(root, finding.path, name))
        return LocatedFinding(finding, self.path, position(self.document.root, finding.path, name))

    def _is_from_project(self, path: str) -> bool:
        return any(
            path.startswith(own) and path[len(own) :][:1] in ("", ".", "[")
            for own in self.from_project
        )

    def remarks(self) -> Iterator[LocatedFinding]:
        """What is probably not meant as it is written, although Pulumi can read it."""
        if self.document.rest is not None:
            text = "Pulumi does not read what follows this line; put everything into one document"
            yield LocatedFinding(_warning("", text), self.path, at(self.document.rest))
        for place, node in plain_texts(self.document.root, self.project.name):
            text_field = StackSettings.field_at(place)
            if node.value in _OLD_BOOLEANS and text_field and holds_text(text_field):
                text = (
                    f"{node.value} without quotes is text for Pulumi, but "
                    f"{_OLD_BOOLEANS[node.value]} for many other readers of YAML; put quotes "
                    f'around it: "{node.value}"'
                )
                yield LocatedFinding(_warning(path_of(place), text), self.path, at(node.start_mark))
        size = configuration.size({f"{PROJECT}:{key}": value for key, value in self.values.items()})
        if size > configuration.LARGEST_SIZE:
            text = (
                f"{configuration.too_large(size)}; divide the clusters among several stacks "
                '("cks-access fleet render"), or find them by name, which is shorter'
            )
            yield LocatedFinding(_warning("", text), self.path, FIRST)
        if self._has_plain_client_secret:
            text = (
                "is plain text, which everybody reads who can read the file; encrypt it with "
                f'"pulumi config set --secret --path {self.project.name}:{_CLIENT_SECRET}", and ask '
                "the provider for another one if the file was committed"
            )
            yield self.located(_warning(_CLIENT_SECRET, text))

    @property
    def hides_client_secret(self) -> bool:
        """Whether the file has a client secret that is encrypted, so that a text stands for it."""
        return tuple(_CLIENT_SECRET.split(".")) in self.unknown

    @property
    def _has_plain_client_secret(self) -> bool:
        first, last = _CLIENT_SECRET.split(".")
        identity = self.values.get(first)
        is_text = isinstance(identity, Mapping) and isinstance(identity.get(last), str)
        return is_text and not self.is_resolved and not self.hides_client_secret


def _warning(path: str, text: str) -> Finding:
    return Finding(level=Level.WARNING, path=path, text=text)


def advised(config: StackConfig, read: Callable[[], T]) -> T:
    """What `read` returns.

    Raises:
        SettingsError: `read` needs a value that is not known; the text says how to ask for it.
    """
    try:
        return read()
    except UnknownValueError as error:
        advice = "" if config.is_resolved else '; "--resolve" asks Pulumi for it'
        raise SettingsError([f"{error}{advice}"]) from error


def is_path(named: str) -> bool:
    """Whether the text is the path of a file and not the name of a stack or revision."""
    return Path(named).suffix in project_file.ENDINGS


def find(named: str | None = None) -> StackConfig:
    """Read the configuration of a stack.

    Args:
        named: the stack's name (`organisation/project/name` is understood), or a file's path; None
            for the stack that is selected in this folder.

    Raises:
        SettingsError: the file does not exist, or no stack is selected.
        FileError: it, or the project file, is not one that Pulumi reads.
    """
    stack, path, project = place_of(named)
    if named is not None and is_path(named):
        return parse(stack, path, text_of(path, "check the path"), project)
    if named is not None and not is_there(path) and is_there(Path(named)):
        raise SettingsError([_no_stack_file(named, project)])
    similar = nearest(stack.rpartition("/")[2], project.stacks())
    has_defaults = any(_is_ours(project.name, key) for key in project.config)
    if is_there(path) or similar or not has_defaults:
        return parse(stack, path, text_of(path, _advice(project, similar)), project)
    return parse(stack, path, "", project)  # as for Pulumi: the stack has what the project says


class Place(NamedTuple):
    """Where the file of a stack is, whether it is there or not."""

    stack: str
    path: Path
    project: ProjectFile


def place_of(named: str | None) -> Place:
    """Where the file of a stack is; arguments and errors as for `find`."""
    if named is not None and not named.strip():
        text = "the stack's name is empty; name a stack, or the path of its file"
        raise SettingsError([text])
    if named is not None and is_path(named):
        path = Path(named)
        return Place(name_of(path), path, project_file.find(path.parent))
    project = project_file.find(Path())
    stack = _selected(project) if named is None else named
    return Place(stack, _file_of(stack, project), project)


def name_of(path: Path) -> str:
    """The name of the stack whose file has this path."""
    return path.stem.partition(".")[2] or path.stem


def parse(stack: str, path: Path, text: str, project: ProjectFile) -> StackConfig:
    """Read the text of a stack file.

    Raises:
        FileError: it is not one that Pulumi reads, or holds no configuration.
    """
    document = document_of(path, text)
    content: Mapping[str, Any] = document.value or {}
    _refuse_outside(path, document, content)
    config = content.get("config")
    environments = _environments(content.get(_ENVIRONMENTS))
    if config is not None and not isinstance(config, Mapping):
        raise refused(
            path, "config: does not hold keys and values", top_position(document.root, "config")
        )
    if "config" not in content and not environments and not project.config:
        raise _without_settings(path, content)
    merged = _merged(path, document, project, config or {})
    return _of(stack, path, merged, environments, document, project)


def _refuse_outside(path: Path, document: Document, content: Mapping[str, Any]) -> None:
    """Refuse settings beside `config:`, which the engine does not read.

    Raises:
        FileError: at the first of them.
    """
    ours = StackSettings.fields_by_key().keys() - {_ENVIRONMENTS}
    for key in content:
        if key.startswith(f"{PROJECT}:") or key in ours:
            text = (
                f'"{key}" stands beside "config:", where Pulumi does not read it; indent it below'
            )
            raise refused(path, f'{text} "config:"', top_position(document.root, key))


def _without_settings(path: Path, content: Mapping[str, Any]) -> FileError:
    """Why a file in which there is no configuration is no stack file yet."""
    if path.stem == project_file.PREFIX:
        text = (
            "is the file of the project and not of a stack; name a stack, or the path of its "
            f"file, such as {path.with_name(f'{path.stem}.production{path.suffix}')}"
        )
        return refused(path, text)
    if set(content) <= _OF_PULUMI:
        text = f'has no settings yet; write "config:", and "{PROJECT}:clusters" and others below it'
        return refused(path, text)
    return refused(path, "has no config: block, so it is not a stack file")


def _of(
    stack: str,
    path: Path,
    merged: Configuration,
    environments: tuple[str, ...],
    document: Document,
    project: ProjectFile,
) -> StackConfig:
    own = decoded(merged.values)
    return StackConfig(
        stack,
        path,
        {key: configuration.with_placeholders(value) for key, value in own.items()},
        {
            place: ENCRYPTED
            for key, value in own.items()
            for place, _ in configuration.parts(value, configuration.is_secret, (key,))
        },
        environments,
        tuple(
            path_of((str(place[0]).removeprefix(f"{PROJECT}:"), *place[1:]))
            for place in merged.from_project
        ),
        document,
        project,
        {k: v for k, v in merged.values.items() if not _is_ours(project.name, k)},
    )


def _merged(
    path: Path, document: Document, project: ProjectFile, config: Mapping[str, Any]
) -> Configuration:
    try:
        return configuration.merged(project.name, project.config, config)
    except ConfigurationError as error:
        if error.key in config or project.path is None or project.document is None:
            raise refused(path, str(error), key_position(document.root, error.key)) from error
        where = key_position(project.document.root, error.key)
        raise refused(project.path, str(error), where) from error


def _environments(written: Any) -> tuple[str, ...]:
    """The names of the environments of Pulumi ESC; one without a name is called inline."""
    if not written or isinstance(written, str):
        return (written,) if written else ()
    entries = written.get("imports") if isinstance(written, Mapping) else written
    named = [
        next(iter(entry), None) if isinstance(entry, Mapping) else entry
        for entry in (entries if isinstance(entries, list) else [])
    ]
    names = [name for name in named if isinstance(name, str)]
    has_values = isinstance(written, Mapping) and bool(written.get("values"))
    return (*names, "inline") if has_values or not names else tuple(names)


def _is_ours(project: str, key: str) -> bool:
    return (key if ":" in key else f"{project}:{key}").startswith(f"{PROJECT}:")


def _file_of(stack: str, project: ProjectFile) -> Path:
    parts = stack.split("/")
    if len(parts) == 3 and project.path and parts[1] != project.name:
        message = (
            f'"{stack}" is a stack of the project "{parts[1]}", but {project.path} is that of '
            f'"{project.name}"; run the command in the folder of "{parts[1]}"'
        )
        raise SettingsError([message])
    return project.file_of(stack)


def _selected(project: ProjectFile) -> str:
    """The stack that Pulumi would take."""
    if project.location is None:
        here = ", ".join(project.stacks())
        has = f"; the stacks with a file in this folder are {here}" if here else ""
        raise SettingsError([f"no stack is named, and {_NO_PROJECT}{has}"])
    stack = selected_stack.selected(project.name, project.location)
    if stack is None:
        known = ", ".join(project.stacks()) or "no stack file"
        message = (
            "no stack is named, and none is selected here by PULUMI_STACK or by "
            f'"pulumi stack select"; name one, or the path of its file; this project has {known}'
        )
        raise SettingsError([message])
    return stack


def _no_stack_file(named: str, project: ProjectFile) -> str:
    """What is wrong with the path of something that is not a stack's file."""
    kind = "folder" if Path(named).is_dir() else "file"
    known = ", ".join(project.stacks()) or "no stack file"
    return (
        f'cannot read "{named}" as a stack file: it is a {kind}, and no stack has this name; name '
        "a stack, or the path of its file, which ends in .yaml, .yml or .json; this project has "
        f"{known}"
    )


def advice(place: Place) -> str:
    """What to do where there is no stack of a name."""
    stacks = place.project.stacks()
    return _advice(place.project, nearest(place.stack.rpartition("/")[2], stacks))


def _advice(project: ProjectFile, similar: str) -> str:
    """What to do where a stack has no file."""
    if project.path is None:
        return _NO_PROJECT
    known = project.stacks()
    has = (
        f"{project.path} has stack files of {', '.join(known)}"
        if known
        else f"no stack of {project.path} has a file"
    )
    return f"check the stack's name{similar}: {has}; the path of a file works too"
