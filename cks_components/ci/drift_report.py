"""What drift looks like: parts of a summary, and data for a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cks_components.access.markdown_report import quote
from cks_components.ci import failure_part
from cks_components.ci.drift_job import Drift
from cks_components.project.engine_run import Step
from cks_components.review.markdown_text import escaped
from cks_components.review.part import Attention, Fold, Part, Point
from cks_components.stack_file.moment import moment_text

_ADVICE = (
    "If a change was a mistake, `pulumi refresh` and then `pulumi up` undo it; if it is right, write "
    "it into the stack file first; if another tool made it, find its owner first."
)


def parts(drift: Drift) -> tuple[Part, ...]:
    """The parts of a summary, what could not be looked at first."""
    return (*_problems(drift), *_drift(drift), *_ended(drift))


def data(drift: Drift) -> dict[str, Any]:
    """The same for a program."""
    engine = drift.run.errors if drift.run and drift.run.code else []
    return {
        "stack": drift.stack,
        "drift": [
            {
                "cluster": _cluster(drift, step),
                "resource": step.name,
                "type": step.type,
                "change": "gone" if _is_gone(step) else "changed",
                "keys": [] if _is_gone(step) else step.changed_keys,
            }
            for step in drift.changed
        ],
        "ended": [
            {
                "path": right.located.finding.path,
                "file": str(right.located.file),
                "line": right.located.position.line,
                "until": moment_text(right.until),
            }
            for right in drift.ended
        ],
        "problems": [*drift.problems, *engine],
    }


def _problems(drift: Drift) -> Iterator[Part]:
    if drift.problems:
        verdict = "not everything could be looked at"
        yield failure_part.not_done(verdict, drift.problems, _command(drift))
    if drift.run is not None and drift.run.code != 0:
        verdict = "the clusters could not be compared with the state"
        yield failure_part.of_run(verdict, drift.run, _command(drift))


def _drift(drift: Drift) -> Iterator[Part]:
    changed = drift.changed
    if changed and drift.run:
        notes = tuple(f"- {escaped(text)}" for text in drift.run.said("info", "warning"))
        yield Part(
            attention=Attention.REVIEW,
            verdict=f"drift: {_resources(len(changed))} changed outside of the stack",
            points=tuple(Point(Attention.REVIEW, _sentence(drift, step)) for step in changed),
            summary=_ADVICE,
            folds=(Fold(f"What differs: {drift.run.summary}", notes, drift.run.plan),),
            command=_command(drift),
        )
    elif drift.is_complete and drift.compared:
        yield Part(
            attention=Attention.NONE,
            verdict=f"no drift in {_resources(len(drift.compared))}",
            command=_command(drift),
        )


def _resources(number: int) -> str:
    return "1 resource" if number == 1 else f"{number} resources"


def _sentence(drift: Drift, step: Step) -> str:
    cluster = _cluster(drift, step)
    where = f"cluster {quote(cluster)}: " if cluster else ""
    what = f"{escaped(step.type.rpartition(':')[2])} {quote(step.name)}"
    if _is_gone(step):
        return f"{where}{what} is gone"
    keys = ", ".join(map(quote, step.changed_keys))
    return f"{where}{what} was changed{f' in {keys}' if keys else ''}"


def _ended(drift: Drift) -> Iterator[Part]:
    if drift.ended:
        number = len(drift.ended)
        yield Part(
            attention=Attention.REVIEW,
            verdict=f"{number} {'right has' if number == 1 else 'rights have'} ended",
            points=tuple(
                Point(
                    Attention.REVIEW,
                    f"{escaped(str(right.located))}; if no update was made since, run `pulumi up` "
                    "first, which takes it away",
                )
                for right in drift.ended
            ),
            command=f"cks-access expired {drift.stack}",
        )


def _cluster(drift: Drift, step: Step) -> str:
    return drift.clusters.get(step.name.partition("-")[0], "")


def _is_gone(step: Step) -> bool:
    return step.operation == "delete"


def _command(drift: Drift) -> str:
    return f"pulumi refresh --preview-only --diff --stack {drift.stack}"
