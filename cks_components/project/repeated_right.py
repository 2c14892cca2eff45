"""Whether a right that is written into a stack file was in the file before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from cks_components.api.errors import SettingsError
from cks_components.project.stack_config import StackConfig
from cks_components.rules import Finding, Level
from cks_components.stack_file.moment import moment_text
from cks_components.stack_file.settings import (
    BindingSettings,
    GivenRight,
    Located,
    StackSettings,
)
from cks_components.stack_file.unknown_values import UnknownValueError


def ended_before(
    file: StackConfig, cluster: int | None, added: BindingSettings, now: datetime
) -> list[str]:
    """The paths of the entries that have ended and gave some of what is added.

    Args:
        file: before the entry is added.
        cluster: the index of the cluster that the entry is for; None for every one.
        added: the entry.
        now: the time.

    Raises:
        SettingsError: an entry that is in force gives some of it already; the message names each.
    """
    ended, told = [], []
    for path, entry in _entries(file.settings, cluster):
        with suppress(UnknownValueError):  # of an entry that is encrypted
            shared = [right for right in added.given if _is_given(right, entry)]
            if shared and entry.has_ended(now):
                ended.append(path)
            elif shared:
                text = _already(shared, entry, added)
                finding = Finding(level=Level.ERROR, path=path, text=text)
                told.append(str(file.located(finding)))
    if told:
        raise SettingsError([*told, f"nothing was written into {file.path}"])
    return ended


def _entries(settings: StackSettings, cluster: int | None) -> Iterator[Located[BindingSettings]]:
    """The entries that hold wherever the added one does, those that have ended included."""
    parts = [Located("", settings)] if cluster is None else settings.parts_on(cluster)
    for start, part in parts:
        for index, entry in enumerate(part.bindings):
            yield Located(f"{start}bindings[{index}]", entry)


def _is_given(right: GivenRight, entry: BindingSettings) -> bool:
    return right in entry.given or right._replace(namespace=None) in entry.given


def _already(shared: list[GivenRight], entry: BindingSettings, added: BindingSettings) -> str:
    given = ", ".join(f'"{right.name}" has {right.role} {right.place}' for right in shared)
    end, wanted = entry.until, moment_text(added.until) if added.until else ""
    if end is None:
        return f'{given} already, and without an end; write until: "{wanted}" here to let it end'
    if added.until is not None and end >= added.until:
        return f"{given} already, until {moment_text(end)}, which is no earlier"
    return f'{given} already, until {moment_text(end)}; write until: "{wanted}" here to extend it'
