"""What a stack file comes to by itself: its rules and its promises, as parts, before a merge and after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cks_components.access import promise_check
from cks_components.api.errors import SettingsError
from cks_components.project.positions import LocatedFinding
from cks_components.project.stack_config import StackConfig, advised
from cks_components.review import promises_part, rules_part
from cks_components.review.part import Part
from cks_components.rules import Finding, joined


def rules(
    stack: str,
    file: StackConfig,
    findings: Sequence[Finding],
    remarks: Sequence[LocatedFinding],
    before: Iterable[Finding],
) -> Part:
    """What the rules find in a file, with its remarks.

    Args:
        stack: the stack's name.
        file: its file.
        findings: of the rules in the file.
        remarks: on the file.
        before: the findings that are not new.
    """
    noted = {remark.finding: str(remark) for remark in remarks}
    return rules_part.of_findings(
        stack,
        [*findings, *noted],
        before,
        lambda finding: noted.get(finding) or str(file.located(finding)),
    )


def repeated(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The lines about findings that the engine repeats when it runs the stack."""
    return tuple(str(finding) for finding in (*findings, *joined(findings)))


def promises(stack: str, file: StackConfig) -> tuple[Part, ...]:
    """What came of the promises of a file, if it has any that can be read."""
    try:
        outcomes = advised(file, lambda: promise_check.outcomes(file.settings))
    except SettingsError:  # the rules say why
        return ()
    return (promises_part.of_outcomes(stack, outcomes),) if outcomes else ()
