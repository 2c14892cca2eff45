"""What a stack file comes to beside its access, as parts, the same before a merge and after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cks_components.access import promise_check
from cks_components.api.errors import SettingsError
from cks_components.project.positions import LocatedFinding
from cks_components.project.stack_config import StackConfig, advised
from cks_components.project.stack_version import Version
from cks_components.review import (
    other_keys_part,
    policy_part,
    promises_part,
    rules_part,
    token_part,
)
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


def changes(stack: str, before: Version, now: Version) -> tuple[Part, ...]:
    """What else than access changes: policies, stored tokens, and the keys of others.

    Args:
        stack: the stack's name.
        before: what is compared with.
        now: the version that is reviewed.
    """
    return (
        *policy_part.of_change(stack, before.settings, now.settings),
        *token_part.of_change(stack, before.settings, now.settings),
        *other_keys_part.of_change(stack, before.file, now.file),
    )
