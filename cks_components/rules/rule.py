"""What a rule is, how strict it is where, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from cks_components.identity.providers import Provider
from cks_components.stack_file.settings import Environment, StackSettings

S = TypeVar("S")


class Level(StrEnum):
    """What a finding does: an error refuses, a warning warns, an information informs."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


Levels = Mapping[Environment, Level]
"""How strict a rule is in each environment; it does not apply in one that is not named."""


def _everywhere(level: Level) -> Levels:
    return {"development": level, "staging": level, "production": level}


ERROR = _everywhere(Level.ERROR)
WARNING = _everywhere(Level.WARNING)
INFORMATION = _everywhere(Level.INFORMATION)
ERROR_IN_PRODUCTION: Levels = {**WARNING, "production": Level.ERROR}
"""A warning elsewhere."""
GROWING: Levels = {"staging": Level.WARNING, "production": Level.ERROR}
"""Free in development, where people try things out."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """How strictly something is judged; plain values only, so that it can travel in a bag.

    Attributes:
        environment: the levels that count.
        provider: the preset; an issuer on a host of its own is recognised all the same.
        waivers: for each waived rule the reason.
    """

    environment: Environment = "development"
    provider: Provider = "generic"
    waivers: Mapping[str, str] = field(default_factory=dict)


BARE = Context()
"""For users of a single resource, who have no stack file to say more."""


def context_of(settings: StackSettings) -> Context:
    """How strictly a stack is judged. A waiver without a reason waives nothing."""
    return Context(
        environment=settings.environment,
        provider=settings.identity.provider if settings.identity else "generic",
        waivers={w.rule: w.reason.strip() for w in settings.waivers if w.reason.strip()},
    )


class Violation(NamedTuple):
    """Where a rule is broken and how: what is wrong, and what to write instead."""

    path: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding; as text it is one line that stands alone.

    Attributes:
        rule: its id; empty where the shape of a file is wrong and not what it says.
        path: the place in the stack file.
        waiver: the reason why it was waived, which made it an information.
    """

    level: Level
    path: str
    text: str
    rule: str = ""
    waiver: str = ""

    @property
    def refuses(self) -> bool:
        """Whether nothing may be sent because of it."""
        return self.level is Level.ERROR

    def __str__(self) -> str:
        """The line that people read: place, what is wrong, what to write, rule."""
        waived = f", waived: {self.waiver}" if self.waiver else ""
        mark = f" [{self.rule}{waived}]" if self.rule else ""
        place = f"{self.path}: " if self.path else ""  # a whole block has none
        return _on_one_line(f"{place}{self.text}{mark}")


def _on_one_line(text: str) -> str:
    """With what is not seen as its escape, so that no text acts on a terminal or a job's log."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True)
class Rule(Generic[S]):
    """One rule: data, and a pure function that names every place where it is broken.

    Several rules may share an id: they are clauses of one subject at different levels.

    Attributes:
        id: what messages and waivers call it.
        title: what has to hold, as the documentation says it.
        levels: how strict it is where.
        check: yields each place where the rule is broken.
        is_waivable: False for names of Kubernetes' own, and for what kube-apiserver would not
            start with.
    """

    id: str
    title: str
    levels: Levels
    check: Callable[[S], Iterator[Violation]]
    is_waivable: bool = True


def judged(rules: Iterable[Rule[S]], subject: S, context: Context) -> Iterator[Finding]:
    """Apply rules to one subject; a waived finding becomes an information with the reason."""
    for rule in rules:
        level = rule.levels.get(context.environment)
        if level is None:
            continue
        may_waive = rule.is_waivable and level is not Level.INFORMATION
        waiver = context.waivers.get(rule.id, "") if may_waive else ""
        for path, text in rule.check(subject):
            yield Finding(
                rule=rule.id,
                level=Level.INFORMATION if waiver else level,
                path=path,
                text=text,
                waiver=waiver,
            )
