"""What came of the tests of access, as lines for a terminal and as data for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cks_components.access.live_promise_check import LiveOutcome
from cks_components.access.promise_check import Outcome, Verdict
from cks_components.stack_file.visible_text import visible

_ORDER = (Verdict.BROKEN, Verdict.UNDECIDED, Verdict.KEPT)


@dataclass(frozen=True)
class Line:
    """One outcome, the same on some clusters.

    Attributes:
        text: the promise, its place and the reason, with nothing that a terminal acts on.
    """

    verdict: Verdict
    text: str


def lines(found: Iterable[Outcome | LiveOutcome]) -> list[Line]:
    """What is broken first, then what is undecided; equal outcomes of clusters are one line."""
    together: dict[tuple[Verdict, str], list[str]] = {}
    for each in found:
        outcome = _outcome(each)
        why = each.difference if isinstance(each, LiveOutcome) else ""
        other = f"; the stack file alone says otherwise, because {why}" if why else ""
        promise = outcome.promise
        text = f"{promise.path}: {promise.text}: {outcome.reason}{other}"
        together.setdefault((outcome.verdict, text), []).append(promise.cluster)
    return [
        Line(verdict, visible(f"{', '.join(clusters)}: {text}"))
        for wanted in _ORDER
        for (verdict, text), clusters in together.items()
        if verdict is wanted
    ]


def summary(found: Sequence[Outcome | LiveOutcome]) -> str:
    """How many promises are kept, broken and undecided."""
    counts = Counter(_outcome(each).verdict for each in found)
    named = [f"{counts[verdict]} {verdict}" for verdict in reversed(_ORDER) if counts[verdict]]
    return f"{len(found)} {'promise' if len(found) == 1 else 'promises'}: {', '.join(named)}"


def is_kept(found: Iterable[Outcome | LiveOutcome]) -> bool:
    """Whether every promise is kept; what is undecided is not."""
    return all(_outcome(each).verdict is Verdict.KEPT for each in found)


def data(each: Outcome | LiveOutcome) -> dict[str, Any]:
    """One outcome for programs; `offline` and `difference` only if the cluster was asked."""
    outcome = _outcome(each)
    promise = outcome.promise
    asked: dict[str, Any] = {}
    if isinstance(each, LiveOutcome):
        asked = {"offline": str(each.offline.verdict), "difference": each.difference}
    return {
        "cluster": promise.cluster,
        "path": promise.path,
        "who": promise.who,
        "subject": promise.user.name,
        "groups": list(promise.user.groups),
        "can" if promise.is_allowed else "cannot": promise.sentence,
        "verdict": str(outcome.verdict),
        "reason": outcome.reason,
        **asked,
    }


def _outcome(each: Outcome | LiveOutcome) -> Outcome:
    """What counts: where a cluster was asked, its answer."""
    return each.live if isinstance(each, LiveOutcome) else each
