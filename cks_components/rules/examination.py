"""Examines a stack file: its shape, its structure and every rule that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from cks_components.api.errors import SettingsError
from cks_components.rules.evaluation import file_findings
from cks_components.rules.rule import Finding, Level
from cks_components.rules.structure import violations
from cks_components.stack_file.reading import read
from cks_components.stack_file.settings import StackSettings

_NAMES = ("OIDC-19", "OIDC-22")
"""Rules that say what bound names become, and who is nobody."""
_NAMING = {
    "identity",
    *(
        f"identity.{leaf}"
        for leaf in (
            "provider",
            "issuerUrl",
            "usernameClaim",
            "usernamePrefix",
            "groupsClaim",
            "groupsPrefix",
            "requiredClaim",
        )
    ),
}


@dataclass(frozen=True)
class Examined:
    """A stack file after every check that needs no network.

    Attributes:
        settings: None where its shape is wrong.
        findings: all of them, of every level.
    """

    settings: StackSettings | None
    findings: tuple[Finding, ...]

    def accepted(self, told: Callable[[Finding], str] = str) -> StackSettings:
        """The settings of a file that nothing is wrong with.

        Args:
            told: makes a finding's line; whoever has the file says where in it that is.

        Raises:
            SettingsError: with every finding that refuses.
        """
        refusals = [told(finding) for finding in self.findings if finding.refuses]
        if self.settings is None or refusals:
            raise SettingsError(refusals)
        return self.settings


def examine(values: Mapping[str, Any]) -> Examined:
    """Apply every rule to a stack file's values, keyed by the names behind `cks-access:`.

    A file whose shape is wrong in one place is judged by all the others, so that no finding is
    held back.
    """
    file = read(values)
    wrong = file.malformed or violations(file.settings)
    shape = [Finding(level=Level.ERROR, path=path, text=text) for path, text in wrong]
    told = {finding.path for finding in shape}
    unread = {path for path, _ in file.malformed}
    judged = [
        finding
        for finding in file_findings(file)
        if finding.path not in told and not _leans_on(finding, unread)
    ]
    settings = None if file.malformed else file.settings
    return Examined(settings, tuple(dict.fromkeys([*shape, *judged])))


def _leans_on(finding: Finding, unread: Set[str]) -> bool:
    """Whether a finding may owe itself to the default of something that cannot be read."""
    if finding.rule == "WAIVER-04":  # what cannot be read may need the waiver
        return bool(unread)
    if finding.rule == "PIPE-05":
        return finding.path.replace("deleteNamespace", "createNamespace") in unread
    return finding.rule in _NAMES and any(path in _NAMING or "webhooks" in path for path in unread)
