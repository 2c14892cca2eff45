"""Examines a stack file: its shape, its structure and every rule that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from cks_components.api.errors import SettingsError
from cks_components.rules.rule import Finding, Level
from cks_components.rules.rule_set import RULES, file_findings
from cks_components.rules.structure import violations
from cks_components.stack_file.reading import read
from cks_components.stack_file.settings import StackSettings


@dataclass(frozen=True)
class Examined:
    """A stack file after every check that needs no network.

    Attributes:
        settings: None if the file has the wrong shape.
        findings: all findings of all levels.
    """

    settings: StackSettings | None
    findings: tuple[Finding, ...]

    def accepted(self, told: Callable[[Finding], str] = str) -> StackSettings:
        """The settings, if no finding is an error.

        Args:
            told: makes the line of a finding; a caller that has the file can add the position.

        Raises:
            SettingsError: with every finding that is an error.
        """
        refusals = [told(finding) for finding in self.findings if finding.refuses]
        if self.settings is None or refusals:
            raise SettingsError(refusals)
        return self.settings


def examine(values: Mapping[str, Any]) -> Examined:
    """Apply every rule to a stack file's values, keyed by the names after `cks-access:`.

    A file whose shape is wrong in one place is still judged in all other places, so that all
    findings are reported at once.
    """
    file = read(values)
    wrong = file.malformed or violations(file.settings)
    shape = [Finding(level=Level.ERROR, path=path, text=text) for path, text in wrong]
    reported = {finding.path for finding in shape}
    unread = {path for path, _ in file.malformed}
    judged = [
        finding
        for finding in file_findings(file)
        if finding.path not in reported and not _relies_on(finding, unread)
    ]
    settings = None if file.malformed else file.settings
    return Examined(settings, tuple(dict.fromkeys([*shape, *judged])))


def _relies_on(finding: Finding, unread: Set[str]) -> bool:
    """Whether a finding may follow from the default of a value that cannot be read."""
    clauses = [rule for rule in RULES if rule.id == finding.rule]
    return any(rule.relies_on(finding.path, path) for rule in clauses for path in unread)
