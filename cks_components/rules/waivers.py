"""Rules for waivers: a waiver names a rule that the stack breaks on purpose, and the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from cks_components.rules.lockout import RISKS
from cks_components.rules.rule import ERROR, WARNING, Rule, Violation
from cks_components.stack_file.settings import Located, WaiverSettings


@dataclass(frozen=True, kw_only=True)
class JudgedWaivers:
    """The waivers of a stack, and the rules that need one.

    Attributes:
        is_waivable: for each rule, whether any of its clauses can be waived.
        needed: the rules that need a waiver, and those that only the network can decide.
    """

    given: Sequence[Located[WaiverSettings]]
    is_waivable: Mapping[str, bool]
    needed: Set[str]


def _known(waivers: JudgedWaivers) -> Iterator[Violation]:
    for path, waiver in waivers.given:
        if waiver.rule not in waivers.is_waivable:
            letters = {id_.replace("-", ""): id_ for id_ in waivers.is_waivable}
            meant = letters.get(
                re.sub("[^A-Z0-9]", "", waiver.rule.upper()), "an id from docs/rules.md"
            )
            yield Violation(
                f"{path}.rule",
                f'"{waiver.rule}" is not a rule; write {meant}',
            )


def _allowed(waivers: JudgedWaivers) -> Iterator[Violation]:
    for path, waiver in waivers.given:
        if waivers.is_waivable.get(waiver.rule) is False:
            why = (
                "what it reports cannot work or is never safe; obey the rule and remove the waiver"
            )
            if waiver.rule in RISKS:
                why = (
                    "a waiver would hold for every later update as well; remove it and, if this "
                    f"update may do it, write acknowledge: [{{risk: {RISKS[waiver.rule]}, reason: "
                    "WHY}]"
                )
            yield Violation(f"{path}.rule", f"{waiver.rule} cannot be waived, because {why}")


def _reason(waivers: JudgedWaivers) -> Iterator[Violation]:
    for path, waiver in waivers.given:
        if not waiver.reason.strip():
            yield Violation(
                f"{path}.reason",
                f"is empty; write why this stack breaks {waiver.rule} on purpose",
            )


def _needed(waivers: JudgedWaivers) -> Iterator[Violation]:
    seen: set[str] = set()
    for path, waiver in waivers.given:
        could_be = waivers.is_waivable.get(waiver.rule) and waiver.reason.strip()
        if could_be and (waiver.rule not in waivers.needed or waiver.rule in seen):
            yield Violation(
                path, f"nothing in this stack needs this waiver of {waiver.rule}; remove it"
            )
        seen.add(waiver.rule)


RULES: tuple[Rule[JudgedWaivers], ...] = (
    Rule("WAIVER-01", "a waiver names an existing rule", ERROR, _known, is_waivable=False),
    Rule("WAIVER-02", "a waiver names a rule that can be waived", ERROR, _allowed, False),
    Rule("WAIVER-03", "a waiver has a reason", ERROR, _reason, is_waivable=False),
    Rule(
        "WAIVER-04",
        "a waiver is needed, and written once",
        WARNING,
        _needed,
        is_waivable=False,
    ),
)
