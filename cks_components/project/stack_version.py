"""Versions of a stack file: as it is, and as it was at a git revision."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cks_components.access.grants import NO_ACCESS, Access, granted_access
from cks_components.access.promises import promises
from cks_components.access.quoted_text import Name, Phrase, listed
from cks_components.api.errors import SettingsError
from cks_components.project import git_revision, project_file, stack_config
from cks_components.project.project_file import ProjectFile
from cks_components.project.stack_config import StackConfig, advised
from cks_components.project.yaml_file import FileError
from cks_components.rules import Finding
from cks_components.stack_file.settings import StackSettings

_OF_TESTS = re.compile(r"(^|\.)(expect|verify)\b")
"""The places of the tests of access, which grant nothing."""


@dataclass(frozen=True)
class Version:
    """One version of a stack file.

    Attributes:
        label: what reports call it.
        access: what it grants, even if it breaks a rule; nothing if there is no file.
        path: None if there is no file.
        findings: what the rules find in it.
        doubts: why the file could not be read, or what is not in it.
        settings: what it says; None if it could not be read.
        file: the whole file; None if it could not be read.
    """

    label: Phrase
    access: Access = NO_ACCESS
    path: Path | None = None
    findings: tuple[Finding, ...] = ()
    doubts: tuple[Phrase, ...] = ()
    settings: StackSettings | None = None
    file: StackConfig | None = None


def read(file: StackConfig, label: Phrase = ()) -> Version:
    """The version that a file is.

    What it grants is known even if it breaks a rule. That is when a reviewer most wants to see who
    would gain access, and an earlier version may be older than a rule.

    Raises:
        SettingsError: the file has the wrong shape in what grants access, or the access depends on a value that is not
            known.
    """
    examined = file.examined
    findings = examined.findings
    misshapen = (f for f in findings if f.refuses and not f.rule)
    unreadable = [str(file.located(f)) for f in misshapen if not _OF_TESTS.search(f.path)]
    if examined.shown is None or unreadable:
        raise SettingsError(unreadable)
    access = advised(file, partial(_access, examined.shown))
    said = (*findings, *(remark.finding for remark in file.remarks()))
    doubts = _unknown(file.environments)
    return Version(label, access, file.path, said, doubts, examined.shown, file)


def _access(settings: StackSettings) -> Access:
    clusters = range(len(settings.clusters))
    made = [promise for index in clusters for promise in promises(settings, index)]
    return replace(
        granted_access(settings, datetime.now(UTC)),
        promises=tuple((promise.cluster, promise.text) for promise in made),
        is_verified=settings.verify,
    )


def _unknown(environments: tuple[str, ...]) -> tuple[Phrase, ...]:
    if not environments:
        return ()
    return (
        (
            "what these environments of Pulumi ESC set is not known offline and is not in this: ",
            *listed(environments),
            '; "--resolve" asks Pulumi for it',
        ),
    )


def at_revision(revision: str, stack: str, path: Path, project: ProjectFile) -> Version:
    """The version at a git revision of the file that is, or was, at a path.

    The file of one of the project's stacks is found where the project file of then looked for it,
    and any file that has another path now under the one that it had then. A file that cannot be
    read there counts as no access, with a doubt: the change may be what repairs it.

    Args:
        revision: the name of the revision.
        stack: the stack's name.
        path: the stack file.
        project: the project file as it is now.

    Raises:
        SettingsError: the revision cannot be read.
    """
    was = path
    label: Phrase = (Name(git_revision.shown(revision)),)
    try:
        then = _project_at(revision, project)
        was = _path_at(stack, path, project, then)
        content = git_revision.text_at(revision, was)
        if content is None:
            here = Path(os.path.realpath(path))
            was = git_revision.renamed_since(revision, path).get(here, was)
            content = git_revision.text_at(revision, was)
        if content is None:
            return Version((*label, ", where the file does not exist"))
    except (FileError, git_revision.UnusableFileError) as error:
        return _unreadable(revision, was, error)
    if was != path:
        label = (*label, ", where the file is ", Name(_from_here(was)))
    try:
        shown = Path(f"{revision}:{was.name}")
        file = stack_config.parse(stack, shown, content, then)
        return replace(read(file, label), path=was)
    except SettingsError as error:
        return _unreadable(revision, was, error)


def _project_at(revision: str, project: ProjectFile) -> ProjectFile:
    """The project file at a revision, whatever its ending was; as it is now if there was none."""
    if project.path is None:
        return project
    for ending in project_file.ENDINGS:
        path = project.path.with_suffix(ending)
        text = git_revision.text_at(revision, path)
        if text is not None:
            return project_file.parse(Path(f"{revision}:{path}"), text, path.parent)
    return project


def _path_at(stack: str, path: Path, now: ProjectFile, then: ProjectFile) -> Path:
    """Where a file was by the project file of then; where it is if it is none of the project's."""
    own, was = now.file_of(stack), then.file_of(stack)
    is_own = os.path.realpath(own) == os.path.realpath(path)
    return was if is_own and was != own else path


def _from_here(path: Path) -> str:
    return os.path.relpath(path)


def _unreadable(revision: str, path: Path, error: SettingsError) -> Version:
    doubt: Phrase = (
        "the file at ",
        Name(revision),
        " could not be read, so all access is shown as new, even where it existed before; "
        "what is wrong there: ",
        Name("; ".join(error.findings)),
    )
    label: Phrase = (Name(revision), ", where the file cannot be read")
    return Version(label, path=path, doubts=(doubt,))
