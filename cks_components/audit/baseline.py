"""What an audit may find: foreign objects that somebody has accepted, with a reason and an end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cks_components.api.errors import SettingsError
from cks_components.audit.finding import AuditFinding
from cks_components.stack_file.moment import Moment, moment_text
from cks_components.stack_file.reading import path_of
from cks_components.stack_file.scalar_types import Text, in_words, missing

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_EXAMPLES = {
    "accepted": "[{id: 3f1c0a9b7e42, reason: INC-1234, until: 2026-12-31}]",
    "id": "3f1c0a9b7e42",
    "reason": "INC-1234",
    "until": "2026-12-31",
}
"""A value of each key that must be there."""
_Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
_Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Accepted(BaseModel):
    """A finding that is accepted until some time, on every cluster or on some."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: _Id = Field(description="The finding's id, as an audit prints it.")
    reason: _Reason = Field(description="Why it is accepted, and by whom.")
    until: Moment = Field(description="Until when, such as 2026-12-31.")
    clusters: tuple[Text, ...] = Field(
        (), description="Only on these clusters; absent: on every one."
    )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    accepted: list[Accepted]


@dataclass(frozen=True)
class Baseline:
    """What is accepted at a point in time."""

    entries: tuple[Accepted, ...]
    now: datetime

    def acceptance(self, cluster: str, finding: AuditFinding) -> Accepted | None:
        """The entry that accepts a finding on a cluster, one that is over included."""
        fitting = [
            entry
            for entry in self.entries
            if entry.id == finding.id and (not entry.clusters or cluster in entry.clusters)
        ]
        return max(fitting, key=lambda entry: entry.until, default=None)

    def accepts(self, entry: Accepted | None) -> bool:
        """Whether an entry is there and not over."""
        return entry is not None and entry.until > self.now

    def unused(self, found: Iterable[tuple[str, AuditFinding]]) -> list[Accepted]:
        """The entries that no finding needs any more."""
        needed = {self.acceptance(cluster, finding) for cluster, finding in found}
        return [entry for entry in self.entries if entry not in needed]

    def elsewhere(self, clusters: Collection[str]) -> list[tuple[Accepted, str]]:
        """Each entry with a cluster that it names and that is none of these."""
        return [(e, one) for e in self.entries for one in e.clusters if one not in clusters]


def read(name: str, content: Any, now: datetime) -> Baseline:
    """Read the values of a baseline file.

    Raises:
        SettingsError: with everything that is wrong in it.
    """
    try:
        return Baseline(tuple(_File.model_validate(content or {}).accepted), now)
    except ValidationError as error:
        wrong = [f"{name}: {path_of(e['loc'])}: {_in_words(e)}" for e in error.errors()]
        raise SettingsError(wrong) from error


def _in_words(error: ErrorDetails) -> str:
    key, written = str(error["loc"][-1]), getattr(error["input"], "written", "")
    if error["type"] == "missing":
        return missing(key, _EXAMPLES)
    if key == "id" and written:  # some ids have no letter, or only an e
        return f'must be text, but without quotes it is a number; put quotes around it: "{written}"'
    if key == "id" and error["type"] == "string_pattern_mismatch" and error["input"]:
        return (
            f'"{error["input"]}" is no id, which has 12 of the characters 0-9 and a-f; write the '
            "one that an audit prints"
        )
    if key == "reason" and error["type"] == "string_too_short":
        return f"is empty; write why it is accepted, such as {_EXAMPLES[key]}"
    return in_words(error).replace("of a stack file", "of a baseline")


def remark(entry: Accepted, *, is_over: bool) -> str:
    """An acceptance as the end of a line."""
    state = "was accepted until" if is_over else "accepted until"
    return f"{state} {moment_text(entry.until)}: {entry.reason}"


def advice(ids: Sequence[str]) -> str:
    """How to accept a finding."""
    return (
        "remove what nobody needs; to accept the rest, write a baseline file: accepted: "
        f'[{{id: "{ids[0]}", reason: WHY, until: 2026-12-31}}]'
    )
