"""Rules, their levels in each environment, and their findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from cks_components.identity.preset import Provider
from cks_components.stack_file.scalar_types import Environment
from cks_components.stack_file.unknown_values import (
    UNREADABLE,
    UnknownValue,
    UnknownValueError,
    deferred,
)
from cks_components.stack_file.visible_text import visible

if TYPE_CHECKING:
    from cks_components.stack_file.settings import StackSettings, WaiverSettings

S = TypeVar("S")
T = TypeVar("T")


class Level(StrEnum):
    """How severe a finding is: an error stops the update, the others are only shown."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


Levels = Mapping[Environment, Level]
"""The level of a rule in each environment; it does not apply in an environment without a level."""


def _everywhere(level: Level) -> Levels:
    return {"development": level, "staging": level, "production": level}


ERROR = _everywhere(Level.ERROR)
WARNING = _everywhere(Level.WARNING)
INFORMATION = _everywhere(Level.INFORMATION)
ERROR_IN_PRODUCTION: Levels = {**WARNING, "production": Level.ERROR}
"""An error in production, a warning elsewhere."""
GROWING: Levels = {"staging": Level.WARNING, "production": Level.ERROR}
"""Not checked in development, where people try things out."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """How strictly something is judged; plain values only, so that it can be a resource's input.

    Attributes:
        environment: selects the levels.
        provider: the preset; an issuer on a provider's own host is recognised without it.
        waivers: the reason for each waived rule.
    """

    environment: Environment = "development"
    provider: Provider = "generic"
    waivers: Mapping[str, str] = field(default_factory=dict)


BARE = Context()
"""The context of a resource that is used without a stack file."""


def context_of(settings: StackSettings) -> Context:
    """How strictly a stack is judged. A waiver without a reason waives nothing."""
    return Context(
        environment=settings.environment,
        provider=settings.identity.provider if settings.identity else "generic",
        waivers={w.rule: w.reason.strip() for w in settings.waivers if w.reason.strip()},
    )


def known_context(settings: StackSettings) -> Context:
    """How strictly a stack is judged, as far as it is known.

    An environment that is not known counts as development, but one that cannot be read as
    production, so that correcting it adds no finding. Of waivers, those count that are known; a
    provider that is not known raises `UnknownValueError` where it is needed.
    """
    identity = deferred(lambda: settings.identity)
    waivers: Sequence[WaiverSettings] = settings.known("waivers") or ()
    reasons = {w.known("rule"): (w.known("reason") or "").strip() for w in waivers}
    return Context(
        environment=settings.known("environment") or assumed_environment(settings),
        provider=deferred(lambda: identity.provider if identity else "generic"),
        waivers={rule: reason for rule, reason in reasons.items() if reason},
    )


def assumed_environment(settings: StackSettings) -> Environment:
    """The environment whose rules are applied if that of the stack is not known."""
    value = settings.unknown.get("environment")
    return "production" if value and value.reason == UNREADABLE else "development"


class Violation(NamedTuple):
    """A place where a rule is broken; the text says what is wrong and what to write instead."""

    path: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding; as text it is one line that stands alone.

    Attributes:
        rule: the rule's id; empty if the file has the wrong shape.
        path: the place in the stack file.
        waiver: the reason of the waiver that made the finding an information.
        of_cluster: the cluster's name, if the text has it as "cluster NAME", and what else in the
            text belongs to this cluster only, so that equal findings of many clusters are known.
    """

    level: Level
    path: str
    text: str
    rule: str = ""
    waiver: str = ""
    of_cluster: tuple[str, ...] = ()

    @property
    def refuses(self) -> bool:
        """Whether the finding is an error, so that nothing is sent."""
        return self.level is Level.ERROR

    def __str__(self) -> str:
        """The line that users read: place, what is wrong, what to write, rule."""
        waived = f", waived: {self.waiver}" if self.waiver else ""
        mark = f" [{self.rule}{waived}]" if self.rule else ""
        place = f"{self.path}: " if self.path else ""  # empty if the whole block is meant
        return visible(f"{place}{self.text}{mark}")


@dataclass(frozen=True, kw_only=True)
class Unapplied(Finding):
    """A rule that could not be applied in one place, because it needs a value that is not known."""

    needs: UnknownValue

    @classmethod
    def because_of(cls, needs: UnknownValue, rule: str) -> Unapplied:
        """A rule that needs a value."""
        return cls(level=Level.INFORMATION, path="", text="was not applied", rule=rule, needs=needs)


@dataclass(frozen=True)
class Rule(Generic[S]):
    """One rule: data, and a pure function that names every place where it is broken.

    Several rules may share an id: they are clauses of one subject at different levels.

    Attributes:
        id: its name in messages and waivers.
        title: what must hold, as text for the documentation.
        levels: its level in each environment.
        check: yields each place where the rule is broken.
        is_waivable: False for what cannot work or is never safe, and for what `acknowledge` accepts.
    """

    id: str
    title: str
    levels: Levels
    check: Callable[[S], Iterator[Violation]]
    is_waivable: bool = True


def judged(rules: Iterable[Rule[S]], subject: S, context: Context) -> Iterator[Finding]:
    """Apply rules to one subject; a waived finding becomes an information with the reason.

    A rule that needs a value that is not known is `Unapplied`.
    """
    for rule in rules:
        level = rule.levels.get(context.environment)
        if level is None:
            continue
        may_waive = rule.is_waivable and level is not Level.INFORMATION
        waiver = context.waivers.get(rule.id, "") if may_waive else ""
        try:
            for path, text in rule.check(subject):
                yield Finding(
                    rule=rule.id,
                    level=Level.INFORMATION if waiver else level,
                    path=path,
                    text=text,
                    waiver=waiver,
                )
        except UnknownValueError as error:
            yield Unapplied.because_of(error.value, rule.id)


def judged_each(
    rules: Iterable[Rule[Any]],
    read: Callable[[], Iterable[T]],
    judge: Callable[[T], Iterable[Finding]],
) -> Iterator[Finding]:
    """Judge each of what is read; if it is not known, the rules are `Unapplied`."""
    try:
        for one in read():
            yield from judge(one)
    except UnknownValueError as error:
        for rule in rules:
            yield Unapplied.because_of(error.value, rule.id)


def below(path: str, found: Iterable[Finding]) -> Iterator[Finding]:
    """Findings whose paths begin at a place, with their paths in the file."""
    for finding in found:
        yield replace(finding, path=f"{path}.{finding.path}" if finding.path else path)
