"""The result of one check: what was looked at, whether it is well, and what to do if it is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cks_components.rules import Finding, Level


class State(StrEnum):
    """How a check ended."""

    FINE = "fine"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Result:
    """The result of one check.

    Attributes:
        subject: what was looked at, such as "cluster train-east: status".
        text: what was found and, unless it is fine, what to do.
    """

    subject: str
    state: State
    text: str

    def __str__(self) -> str:
        """The line that people read."""
        return f"{self.state:7}  {self.subject}: {self.text}"


def fine(subject: str, text: str) -> Result:
    """A check that found nothing."""
    return Result(subject, State.FINE, text)


def warning(subject: str, text: str) -> Result:
    """A check that found what may be meant, or may go away by itself."""
    return Result(subject, State.WARNING, text)


def wrong(subject: str, text: str) -> Result:
    """A check that found what keeps people out."""
    return Result(subject, State.WRONG, text)


def of_findings(subject: str, findings: Iterable[Finding], *, well: str) -> list[Result]:
    """The findings of rules as results; `well` is said where there are none."""
    found = [
        Result(subject, State.WRONG if f.refuses else State.WARNING, str(f))
        for f in findings
        if f.level is not Level.INFORMATION
    ]
    return found or [fine(subject, well)]
