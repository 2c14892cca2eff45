"""The entries of a stack file whose rights have ended (`until`) and that can be deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from cks_components.lifecycle.token_renewal import duration_in_words
from cks_components.project.positions import LocatedFinding
from cks_components.project.stack_config import StackConfig, advised
from cks_components.rules import Finding, Level
from cks_components.stack_file.moment import moment_text
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.settings import BindingSettings, Located, StackSettings


@dataclass(frozen=True)
class EndedRight:
    """An entry that has ended: where it stands, and since when."""

    stack: str
    entry: BindingSettings | PipelineSettings
    until: datetime
    located: LocatedFinding


def of_file(file: StackConfig, now: datetime) -> list[EndedRight]:
    """Every entry of a stack file that has ended.

    Raises:
        SettingsError: the file cannot be read, or the answer depends on a value that is not known.
    """
    shown = file.examined.shown or file.settings  # which raises with what cannot be read
    return advised(file, partial(list, _entries(file, shown, now)))


def _entries(file: StackConfig, settings: StackSettings, now: datetime) -> Iterator[EndedRight]:
    for start, part in settings.parts():
        entries: list[Located[BindingSettings | PipelineSettings]] = [
            *part.located_bindings(start),
            *part.located_pipelines(start),
        ]
        for path, entry in entries:
            if entry.until is not None and entry.has_ended(now):
                text = (
                    f"{_who(entry)}: {entry.role_ref.text} ended "
                    f"{duration_in_words(now - entry.until)} ago ({moment_text(entry.until)}); "
                    "delete the entry"
                )
                finding = Finding(level=Level.INFORMATION, path=path, text=text)
                yield EndedRight(file.stack, entry, entry.until, file.located(finding))


def _who(entry: BindingSettings | PipelineSettings) -> str:
    if isinstance(entry, PipelineSettings):
        return f"pipeline {entry.name}"
    return ", ".join([*entry.users, *entry.groups])
