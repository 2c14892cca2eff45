"""Examines a stack file: its shape, its structure and every rule that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cks_components.api.errors import SettingsError
from cks_components.rules.equal_findings import joined
from cks_components.rules.rule import Finding, Level, Unapplied
from cks_components.rules.rule_set import file_findings
from cks_components.rules.structure import violations
from cks_components.stack_file.reading import read
from cks_components.stack_file.settings import StackSettings
from cks_components.stack_file.unknown_values import UnknownValue


@dataclass(frozen=True)
class Examined:
    """A stack file after every check that needs no network.

    Attributes:
        settings: None if the file has the wrong shape.
        findings: all findings of all levels.
        unapplied: the rules that could not be applied everywhere; a finding says why.
    """

    settings: StackSettings | None
    findings: tuple[Finding, ...]
    unapplied: tuple[str, ...] = ()

    def accepted(self, told: Callable[[Finding], str] = str) -> StackSettings:
        """The settings, if no finding is an error.

        Args:
            told: makes the line of a finding; a caller that has the file can add the position.

        Raises:
            SettingsError: with every finding that is an error; equal ones of many clusters are one.
        """
        refusals = [told(finding) for finding in joined(f for f in self.findings if f.refuses)]
        if self.settings is None or refusals:
            raise SettingsError(refusals)
        return self.settings


def examine(values: Mapping[str, Any]) -> Examined:
    """Apply every rule to a stack file's values, keyed by the names after `cks-access:`.

    A file whose shape is wrong in one place is still judged in all other places, so that all
    findings are reported at once.
    """
    file = read(values)
    wrong = (*file.malformed, *violations(file.settings))
    shape = [Finding(level=Level.ERROR, path=path, text=text) for path, text in wrong]
    reported = {finding.path for finding in shape}
    found = file_findings(file)
    unapplied = [finding for finding in found if isinstance(finding, Unapplied)]
    judged = [f for f in found if not isinstance(f, Unapplied) and f.path not in reported]
    return Examined(
        settings=None if file.malformed else file.settings,
        findings=tuple(dict.fromkeys([*shape, *judged, *_told(unapplied)])),
        unapplied=tuple(sorted({finding.rule for finding in unapplied})),
    )


def _told(unapplied: Iterable[Unapplied]) -> Iterator[Finding]:
    """One information for each value that is not known, with the rules that need it."""
    rules: dict[UnknownValue, set[str]] = {}
    for finding in unapplied:
        rules.setdefault(finding.needs, set()).add(finding.rule)
    for value, ids in rules.items():
        text = f"{value.reason}, so these rules were not applied: {', '.join(sorted(ids))}"
        yield Finding(level=Level.INFORMATION, path=value.path, text=text)
