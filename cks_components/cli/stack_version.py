"""Versions of a stack file: as it is, and as it was at a git revision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from cks_components.access.grants import NO_ACCESS, Access, granted_access
from cks_components.access.quoted_text import Name, Phrase
from cks_components.api.errors import SettingsError
from cks_components.cli import git_revision, stack_config
from cks_components.cli.stack_config import StackFile
from cks_components.rules import Finding, examine


@dataclass(frozen=True)
class Version:
    """One version of a stack file.

    Attributes:
        label: what reports call it.
        access: what it grants, even if it breaks a rule; nothing if there is no file.
        path: None if there is no file.
        findings: what the rules find in it.
        doubts: why the file could not be read.
    """

    label: Phrase
    access: Access = NO_ACCESS
    path: Path | None = None
    findings: tuple[Finding, ...] = ()
    doubts: tuple[Phrase, ...] = ()


def read(file: StackFile, label: Phrase = ()) -> Version:
    """The version that a file is.

    What it grants is known even if it breaks a rule. That is when a reviewer most wants to see who
    would gain access, and an earlier version may be older than a rule.

    Raises:
        SettingsError: the file has the wrong shape.
    """
    examined = examine(file.values)
    findings = tuple(filter(file.is_readable, examined.findings))
    unreadable = [str(file.located(f)) for f in findings if f.refuses and not f.rule]
    if examined.settings is None or unreadable:
        raise SettingsError(unreadable)
    return Version(label, granted_access(examined.settings), file.path, findings)


def at_revision(revision: str, stack: str, path: Path) -> Version:
    """The version at a git revision of the file that is, or was, at a path.

    A file that has another path now is found under the one that it had then. A file that cannot be
    read there counts as no access, with a doubt: the change may be what repairs it.

    Raises:
        SettingsError: the revision cannot be read.
    """
    was = path
    label: Phrase = (Name(git_revision.shown(revision)),)
    try:
        content = git_revision.text_at(revision, path)
        if content is None:
            was = git_revision.renamed_since(revision, path).get(path.resolve(), path)
            content = git_revision.text_at(revision, was)
        if content is None:
            return Version((*label, ", where the file does not exist"))
    except git_revision.NotTextError as error:
        return _unreadable(revision, was, error)
    if was != path:
        label = (*label, ", where the file is ", Name(_from_here(was)))
    try:
        shown = Path(f"{revision}:{was.name}")
        return replace(read(stack_config.parse(stack, shown, content), label), path=was)
    except SettingsError as error:
        return _unreadable(revision, was, error)


def _from_here(path: Path) -> str:
    folder = Path.cwd()
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


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
