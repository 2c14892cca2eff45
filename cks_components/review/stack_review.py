"""Looks at one stack of a pull request: its access, its rules and its preview."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cks_components.access import matrix, page, report
from cks_components.access.difference import compare
from cks_components.api import environment
from cks_components.api.api_access import from_environment
from cks_components.api.errors import SettingsError
from cks_components.project import (
    engine_command,
    git_revision,
    program_change,
    stack_config,
    stack_version,
)
from cks_components.project.positions import LocatedFinding
from cks_components.project.project_file import ProjectFile
from cks_components.project.stack_config import StackConfig
from cks_components.project.stack_version import Version
from cks_components.project.yaml_file import FileError
from cks_components.review import (
    access_part,
    copied_clusters_part,
    file_check,
    file_part,
    preview_part,
    program_part,
    pull_request,
)
from cks_components.review.markdown_text import escaped
from cks_components.review.part import Part
from cks_components.review.pull_request import Origin
from cks_components.rules import Finding

_FORK = (
    "it comes from a fork, whose code must not run with the secrets of this repository; whoever "
    "trusts it can push its branch to this repository"
)


@dataclass(frozen=True)
class Review:
    """What there is to say about a stack.

    Attributes:
        parts: those of the comment.
        findings: those of the rules, or why the file cannot be read, with their places in it.
        page: the difference of access as HTML; empty if the versions could not be compared.
    """

    parts: tuple[Part, ...]
    findings: tuple[LocatedFinding, ...] = ()
    page: str = ""


@dataclass(frozen=True)
class _Base:
    """What a stack is compared with.

    Attributes:
        version: its file then; empty if the revision cannot be read.
        problems: why it cannot be read.
        program: what has changed in the program since.
    """

    version: Version
    problems: tuple[Part, ...] = ()
    program: tuple[Part, ...] = ()


def review(stack: str, base: str) -> Review:
    """Look at a stack of the project in this folder.

    Args:
        stack: the stack's name, or the path of its file.
        base: the git revision that it is compared with.

    Raises:
        SettingsError: the project's file cannot be read.
    """
    name, path, project = stack_config.place_of(stack)
    compared = _base(name, base, path, project)
    if path.exists():
        return _of_file(name, path, compared)
    was = compared.version.path
    if was is None:
        no_file = file_part.missing(name, str(path), base, is_base_read=not compared.problems)
        return Review((*compared.problems, no_file))
    return Review(_of_deletion(name, was, base, compared.version))


def _base(stack: str, revision: str, path: Path, project: ProjectFile) -> _Base:
    try:
        version = stack_version.at_revision(revision, stack_config.name_of(path), path, project)
        change = program_change.since(revision, project)
    except SettingsError as error:
        return _Base(Version(()), (access_part.not_compared(stack, revision, str(error)),))
    return _Base(version, program=program_part.of_change(revision, change))


def _of_file(stack: str, path: Path, base: _Base) -> Review:
    before, problems = base.version, base.problems
    try:
        file = stack_config.find(str(path))
    except SettingsError as error:
        places = (error.located,) if isinstance(error, FileError) else ()
        unreadable = file_part.unreadable(stack, error.findings)
        return Review((*problems, *base.program, unreadable), places)
    findings, remarks = file.examined.findings, list(file.remarks())
    rules = file_check.rules(stack, file, findings, remarks, before.findings)
    preview, has_state = _preview(stack, findings, is_new=before.path != path)
    access, text = _access(stack, file, before, has_state=has_state)
    located = (*map(file.located, findings), *remarks)
    is_new = before.path is None and not problems
    others = copied_clusters_part.of_new_stack(file) if is_new else ()
    promises = file_check.promises(stack, file)
    parts = (*(problems or access), *base.program, rules, *others, *promises, preview)
    return Review(parts, located, "" if problems else text)


def _access(
    stack: str, file: StackConfig, before: Version, *, has_state: bool
) -> tuple[tuple[Part, ...], str]:
    """What changes in the access of a stack, and beside it; the access as a page too."""
    try:
        now = stack_version.read(file)
    except SettingsError:  # the rules say why
        return (file_part.left_out("Access"),), ""
    changes = file_check.changes(stack, before, now)
    difference = compare(before.access, now.access)
    doubts = tuple(dict.fromkeys((*now.doubts, *before.doubts)))
    shown = report.of_difference(stack, before.label, difference, doubts)
    text = page.of_report(shown, matrix.of_difference(difference))
    here = stack_config.name_of(file.path)
    was = stack_config.name_of(before.path) if before.path else here
    if was == here or has_state:
        part = access_part.of_difference(stack, before.label, difference, doubts)
        return (part, *changes), text
    part = access_part.of_renaming(was, stack, before.label, difference, doubts, is_after=True)
    return (part, *changes), text


def _preview(stack: str, findings: Sequence[Finding], *, is_new: bool) -> tuple[Part, bool]:
    """What an update would do, and whether the engine has a state of the stack."""
    if any(finding.refuses for finding in findings):
        return file_part.left_out("Preview"), False
    left_out = _left_out(stack)
    if left_out is not None:
        return left_out, False
    run = engine_command.preview(stack)
    said = file_check.repeated(findings)
    return preview_part.of_preview(stack, run, said, is_new=is_new), run.code == 0


def _of_deletion(name: str, path: Path, base: str, before: Version) -> tuple[Part, ...]:
    renamed = git_revision.renamed_since(base, path).items()
    here = Path(os.path.realpath(path))
    for after, was in renamed:
        other = stack_config.name_of(after)
        if was == here and other != stack_config.name_of(path):
            now = stack_version.read(stack_config.find(str(after)))
            difference = compare(before.access, now.access)
            return (access_part.of_renaming(name, other, before.label, difference),)
    commit = git_revision.shown(git_revision.commit_at(base, path))
    state, is_destroyed = _state(name)
    access = access_part.of_deletion(
        name, commit, before.access, before.doubts, is_destroyed=is_destroyed
    )
    return (access,) if is_destroyed else (access, state)


def _state(stack: str) -> tuple[Part, bool]:
    """What a destroy would delete, and whether nothing is left to delete."""
    left_out = _left_out(stack)
    if left_out is not None:
        return left_out, False
    run = engine_command.preview_of_destroy(stack)
    return preview_part.of_destroy(stack, run), preview_part.is_destroyed(run)


def _left_out(stack: str) -> Part | None:
    """Why the engine is not run, if there is a reason."""
    origin = pull_request.origin(environment.variables())
    if origin is Origin.FORK:
        return preview_part.left_out(stack, _FORK)
    try:
        from_environment()
    except SettingsError as error:
        return preview_part.left_out(stack, escaped(str(error)), fails=origin is Origin.OWN)
    return None
