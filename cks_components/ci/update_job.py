"""Updates one stack after its change was merged: rules, access, a saved plan, and the update."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cks_components.access.difference import compare
from cks_components.access.quoted_text import Phrase
from cks_components.api.errors import SettingsError
from cks_components.ci import failure_part, preconditions, update_part
from cks_components.project import (
    engine_command,
    git_revision,
    program_change,
    stack_config,
    stack_version,
)
from cks_components.project.last_update import Kind, LastUpdate, last_update
from cks_components.project.stack_config import StackConfig
from cks_components.project.stack_version import Version
from cks_components.review import (
    access_part,
    file_check,
    file_part,
    preview_part,
    program_part,
)
from cks_components.review.part import Attention, Part

ROTATION = "cks-access ci rotate"
"""The message of an update that renews tokens only, so that it is not what access is compared with."""
_MESSAGE = "cks-access ci up"
_UNCOMMITTED = f"{_MESSAGE}, with changes that are not committed"
"""Said by ourselves, since the engine calls a checkout with any untracked file dirty, such as a plan."""
_NOTHING_BEFORE: dict[Kind, str] = {
    "none": "no update before",
    "destroy": "no update since it was destroyed",
    "update": "no revision",
}
"""What there is to compare with where no commit is known, by what came last."""
_IN_PLAN = "and only the preview shows whether somebody gains or loses it now"


@dataclass(frozen=True)
class _Examination:
    """A stack before anything is done to it.

    Attributes:
        stack: its name.
        parts: about access, rules and promises, or why nothing can be done.
        said: the findings of the rules, which the engine repeats.
        last: its last update; None if nothing can be done.
        message: what the engine's history has of an update now.
    """

    stack: str
    parts: tuple[Part, ...]
    said: tuple[str, ...] = ()
    last: LastUpdate | None = None
    message: str = ""

    @property
    def refuses(self) -> bool:
        """Whether the engine must not be run."""
        return any(part.attention is Attention.FAILURE for part in self.parts)


@dataclass(frozen=True)
class Planned:
    """What came of a plan.

    Attributes:
        parts: of the summary.
        has_changes: whether there is something to update.
    """

    parts: tuple[Part, ...]
    has_changes: bool = False


def plan(stack: str, base: str | None, file: Path) -> Planned:
    """Save a plan of the update, and change nothing.

    Args:
        stack: the stack's name, or the path of its file.
        base: the git revision to compare access with; None for that of the last update.
        file: where to save the plan.

    Raises:
        SettingsError: the project's file cannot be read.
    """
    seen = _examined(stack, base)
    if seen.refuses:
        return Planned((*seen.parts, file_part.left_out("Plan")))
    run = engine_command.preview(seen.stack, plan=file)
    part = preview_part.of_preview(seen.stack, run, seen.said)
    return Planned((*seen.parts, part), run.has_changes)


def update(stack: str, base: str | None, given: Path | None) -> tuple[Part, ...]:
    """Do what a plan says, and nothing else.

    Args:
        stack: the stack's name, or the path of its file.
        base: as for `plan`.
        given: a plan that was saved; None for a new one.

    Raises:
        SettingsError: as for `plan`.
    """
    seen = _examined(stack, base)
    if seen.refuses:
        return (*seen.parts, file_part.left_out("Update"))
    done = _updated(seen, given)
    if done.attention is Attention.FAILURE:
        return (done, *seen.parts)
    return (done, *(_no_headline(part) for part in seen.parts))


def _no_headline(part: Part) -> Part:
    """The part with its points as they are: the headline says what was done."""
    return replace(part, attention=min(part.attention, Attention.NOTE))


def _updated(seen: _Examination, given: Path | None) -> Part:
    stack = seen.stack
    if given is not None:
        wrong = _unusable(given, seen.last)
        if wrong:
            return failure_part.not_done("the plan cannot be used", [wrong], _command(stack))
        run = engine_command.update(stack, seen.message, plan=given)
        return update_part.of_update(stack, run, seen.said)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        planned = engine_command.preview(stack, plan=file)
        if planned.code != 0:
            return preview_part.of_preview(stack, planned, seen.said)
        run = engine_command.update(stack, seen.message, plan=file)
        return update_part.of_update(stack, run, seen.said)


def _unusable(plan: Path, last: LastUpdate | None) -> str:
    """Why a file is no plan, or one from before the last update; empty if it is one."""
    try:
        content = json.loads(plan.read_text(encoding="utf-8"))
        made = datetime.fromisoformat(content["manifest"]["time"]).astimezone(UTC)
    except OSError as error:
        return f"cannot read the plan {plan}: {error.strerror}; make one with --save-plan"
    except (ValueError, LookupError, TypeError, RecursionError):
        return f"{plan} is not a plan of pulumi; make one with --save-plan"
    changed = last.changed if last else None
    if changed is not None and made < changed:
        return (
            f"the stack was changed at {changed:%Y-%m-%d %H:%M:%S}, after the plan was made, so "
            "the plan could undo what is newer; run the whole job again for a new plan, and have that "
            "one approved"
        )
    return ""


def _examined(stack: str, base: str | None) -> _Examination:
    name = stack_config.place_of(stack).stack
    reasons = preconditions.unmet(changes=True)
    if reasons:
        wrong = failure_part.not_done("nothing was updated", reasons, _command(name))
        return _Examination(name, (wrong,))
    try:
        file = stack_config.find(stack)
    except SettingsError as error:
        return _Examination(name, (file_part.unreadable(name, error.findings),))
    findings, remarks = file.examined.findings, list(file.remarks())
    # What is merged was reviewed, so that no warning and no waiver is new.
    reviewed = [*findings, *(remark.finding for remark in remarks)]
    rules = file_check.rules(name, file, findings, remarks, reviewed)
    said = file_check.repeated(findings)
    examined = (rules, *file_check.promises(name, file))
    if any(part.attention is Attention.FAILURE for part in examined):
        return _Examination(name, examined, said)
    try:
        last = last_update(name, besides=ROTATION, committed=_MESSAGE)
    except SettingsError as error:
        verdict, text = "its history cannot be read", str(error)
        unread = failure_part.not_done(verdict, [text], _command(name), advice=True)
        return _Examination(name, (unread, *examined), said)
    parts = (*_changes(name, file, base, last), *examined)
    return _Examination(name, parts, said, last, _message(file))


def _message(file: StackConfig) -> str:
    try:
        changed = git_revision.changed_since("HEAD", file.path)
    except SettingsError:  # outside of a repository there is no commit either
        return _MESSAGE
    return _UNCOMMITTED if changed else _MESSAGE


def _changes(stack: str, file: StackConfig, base: str | None, last: LastUpdate) -> tuple[Part, ...]:
    """What changes in the file and the program since a revision, or since the last update."""
    try:
        now = stack_version.read(file)
    except SettingsError as error:
        return (file_part.not_known("Access", error.findings),)
    revision = base or last.commit
    program: tuple[Part, ...] = ()
    if revision is None:
        before = Version((_NOTHING_BEFORE[last.kind],))
    else:
        try:
            before = stack_version.at_revision(revision, stack, file.path, file.project)
            program = program_part.of_change(revision, program_change.since(revision, file.project))
        except SettingsError as error:
            part = access_part.not_compared(stack, revision, str(error))
            return (part if base else _for_a_person(part),)
    difference = compare(before.access, now.access)
    unknown = () if base else _not_compared(last)
    doubts = tuple(dict.fromkeys((*unknown, *now.doubts, *before.doubts)))
    access = access_part.of_difference(stack, before.label, difference, doubts)
    return (access, *file_check.changes(stack, before, now), *program)


def _not_compared(last: LastUpdate) -> Iterator[Phrase]:
    """What is on the clusters, perhaps, and in no commit."""
    if last.has_uncommitted and last.commit:
        text = "the last update was made beside files that were not committed"
        yield (f"{text}: what these gave is not in this comparison, {_IN_PLAN}",)
    for kind in dict.fromkeys(last.failed):
        text = f"a later {kind} failed, and may have done a part of its work"
        yield (f"{text}: that is not in this comparison, {_IN_PLAN}",)


def _for_a_person(part: Part) -> Part:
    """The part, for a person to judge: nobody named the revision, so it may be gone for good."""
    points = tuple(replace(point, attention=Attention.REVIEW) for point in part.points)
    return replace(part, attention=Attention.REVIEW, points=points)


def _command(stack: str) -> str:
    return f"pulumi preview --diff --stack {stack}"
