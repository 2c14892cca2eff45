"""The part of a summary about an update: what was changed, and what was left when it failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from cks_components.access.markdown_report import quote
from cks_components.ci import failure_part
from cks_components.project.engine_run import EngineRun, Step
from cks_components.review.markdown_text import escaped
from cks_components.review.part import Attention, Fold, Part, Point

_DONE = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "create-replacement": "created in place of another",
    "delete": "deleted",
    "delete-replaced": "deleted after its replacement",
    "import": "imported",
}
_ONCE = ("create-replacement", "delete-replaced")
"""Steps of a replacement, which the engine counts as one."""
_LEFT = (
    "what is done stays, and the next update continues where this one stopped; correct the cause, and "
    "run the job again"
)
_OTHER_PLAN = (
    "the stack file, the state or an end of a right (`until`) is no longer what the plan was made "
    "for, so nothing else than the plan was done; run the whole job again for a new plan, and have "
    "that one approved"
)
_OUTSIDE_PLAN = ("violates plan", "not allowed by the plan")


def of_update(stack: str, run: EngineRun, said: Collection[str] = ()) -> Part:
    """What an update has done.

    Args:
        stack: the stack's name.
        run: of `pulumi up`.
        said: lines that the summary has elsewhere, such as the findings of the rules.
    """
    changed = [step for step in run.steps if step.is_change]
    title = f"What was changed: {_counted(changed)}"
    folds = (Fold(title, _lines(run, changed)),) if changed else ()
    if run.code != 0:
        return _failed(stack, run, said, folds)
    warnings = [text for text in run.said("warning") if text not in said]
    verdict = f"updated ({_counted(changed)})" if changed else "there was nothing to update"
    return Part(
        attention=Attention.WARNING if warnings else Attention.NOTE,
        verdict=verdict,
        points=tuple(Point(Attention.WARNING, escaped(text)) for text in warnings),
        folds=folds,
        command=_command(stack),
    )


def _failed(stack: str, run: EngineRun, said: Collection[str], folds: tuple[Fold, ...]) -> Part:
    made = failure_part.of_run("the update failed", run, _command(stack), said)
    if not run.events:
        return made
    is_outside = any(words in text for words in _OUTSIDE_PLAN for text in run.errors)
    advice = Point(Attention.FAILURE, _OTHER_PLAN if is_outside else _LEFT)
    return replace(made, points=(*made.points, advice), folds=folds)


def _counted(steps: Iterable[Step]) -> str:
    counts = Counter(step.operation for step in steps if step.operation not in _ONCE)
    return ", ".join(f"{n} {_DONE.get(o, o)}" for o, n in counts.items()) or "replacements only"


def _lines(run: EngineRun, steps: Iterable[Step]) -> tuple[str, ...]:
    labels = run.labels
    return tuple(
        f"- {_DONE.get(step.operation, step.operation)}: {quote(step.name)}"
        f"{_described(step, labels.get(step.name, ''))}"
        for step in steps
    )


def _described(step: Step, label: str) -> str:
    """The kind of resource, and whose it is: its cluster, or else what the engine's table says of it."""
    kind, cluster = step.type.rpartition(":")[2], step.new.get("cluster_name")
    of = f"cluster {quote(str(cluster))}" if cluster else escaped(label)
    return f" ({escaped(kind)}{f', {of}' if of else ''})"


def _command(stack: str) -> str:
    return f"pulumi stack history --stack {stack}"
