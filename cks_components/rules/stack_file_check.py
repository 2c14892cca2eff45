"""Examines a stack file: its shape, its structure and every rule that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from cks_components.api.errors import SettingsError
from cks_components.rules.equal_findings import joined
from cks_components.rules.file_findings import file_findings
from cks_components.rules.rule import Finding, Level, Unapplied, assumed_environment
from cks_components.rules.rule_set import RULES
from cks_components.rules.structure import violations
from cks_components.stack_file.base_model import Location
from cks_components.stack_file.reading import read
from cks_components.stack_file.settings import StackSettings
from cks_components.stack_file.unknown_values import UNREADABLE


@dataclass(frozen=True)
class Examined:
    """A stack file after every check that needs no network.

    Attributes:
        settings: None if the file has the wrong shape; reading a value that is not known raises
            `UnknownValueError`.
        findings: all findings of all levels.
        unapplied: the rules that could not be applied everywhere; a finding says why.
        shown: the settings as they are shown, with a placeholder for a value that is not known.
    """

    settings: StackSettings | None
    findings: tuple[Finding, ...]
    unapplied: tuple[str, ...] = ()
    shown: StackSettings | None = None

    def accepted(self, as_line: Callable[[Finding], str] = str) -> StackSettings:
        """The settings, if no finding is an error.

        Args:
            as_line: makes the line of a finding; a caller that has the file can add the position.

        Raises:
            SettingsError: with every finding that is an error; equal ones of many clusters are one.
        """
        refusals = [as_line(finding) for finding in joined(f for f in self.findings if f.refuses)]
        if self.settings is None or refusals:
            raise SettingsError(refusals)
        return self.settings


def examine(
    values: Mapping[str, Any], unknown: Mapping[Location, str] | None = None, elsewhere: str = ""
) -> Examined:
    """Apply every rule to a stack file's values.

    A file whose shape is wrong in one place is still judged in all other places, so that all
    findings are reported at once.

    Args:
        values: by the names after `cks-access:`; a text stands for a value that is not known.
        unknown: why a value is not known, by its place.
        elsewhere: where values may come from that are not among these; empty if nowhere.
    """
    file = read(values, unknown, elsewhere)
    now = datetime.now(UTC)
    wrong = (*file.malformed, *violations(file.settings.in_force(now)))
    shape = [Finding(level=Level.ERROR, path=path, text=text) for path, text in wrong]
    reported = {finding.path for finding in shape}
    found = file_findings(file, now=now)
    unapplied = [finding for finding in found if isinstance(finding, Unapplied)]
    judged = [f for f in found if not isinstance(f, Unapplied) and f.path not in reported]
    return Examined(
        settings=None if file.malformed else file.settings,
        shown=None if file.malformed else file.shown,
        findings=tuple(
            dict.fromkeys([*shape, *judged, *_unknown(unapplied), *_strictness(file.settings)])
        ),
        unapplied=tuple(sorted({finding.rule for finding in unapplied})),
    )


def _unknown(unapplied: Iterable[Unapplied]) -> Iterator[Finding]:
    """The values that are not known, each with the rules that need it.

    Those that are not in the file are reported together.
    """
    rules: dict[tuple[str, str], set[str]] = {}
    paths: dict[tuple[str, str], dict[str, None]] = {}
    for finding in unapplied:
        value = finding.needs
        group = (value.path if value.is_written else "", value.reason)
        rules.setdefault(group, set()).add(finding.rule)
        paths.setdefault(group, {})[value.path] = None
    for (path, reason), ids in rules.items():
        subject = "" if path else f"{', '.join(paths[path, reason])} "
        later = "" if reason == UNREADABLE else "; a preview applies them"
        text = f"{subject}{reason}, so these rules were not applied: {_listed(ids)}{later}"
        yield Finding(level=Level.INFORMATION, path=path, text=text)


def _strictness(settings: StackSettings) -> Iterator[Finding]:
    value = settings.unknown.get("environment")
    if value is not None:
        subject = "" if value.is_written else "environment "
        strictness = f"so the rules were as strict as in {assumed_environment(settings)}"
        text = f"{subject}{value.reason}, {strictness}"
        yield Finding(
            level=Level.INFORMATION, path=value.path if value.is_written else "", text=text
        )


def _listed(ids: Set[str]) -> str:
    """The ids of rules; three or more that follow each other are shown as a range."""
    every = sorted({rule.id for rule in RULES})
    families = groupby(every, key=lambda rule: (rule in ids, rule.partition("-")[0]))
    runs = [list(run) for (is_named, _), run in families if is_named]
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)
