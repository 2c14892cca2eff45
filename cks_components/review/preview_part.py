"""The part about the preview: what the engine would do, or why it could not say so."""

from __future__ import annotations

from collections.abc import Collection

from cks_components.access.markdown_report import quote
from cks_components.project.engine_run import EngineRun
from cks_components.review import engine_remedy
from cks_components.review.markdown_text import escaped
from cks_components.review.part import Attention, Fold, Part, Point

_PLANNED = (
    "Planned from what the last update or refresh recorded. What somebody changed on a cluster since "
    "then is not in it, and an update over it may be refused; "
    "`pulumi refresh --preview-only --diff` shows it."
)
_NOTHING_COMPARED = "nothing was compared with a cluster or with the state"
_VERDICTS = {True: "there is something to update", False: "there is nothing to update"}
_STACK = "pulumi:pulumi:Stack"


def of_preview(
    stack: str, run: EngineRun, said: Collection[str] = (), *, is_new: bool = False
) -> Part:
    """What an update would do.

    Args:
        stack: the stack's name.
        run: of `pulumi preview`.
        said: lines that the comment has elsewhere, such as the findings of the rules.
        is_new: whether this change adds the stack, so that there may be no state of it.
    """
    if run.code != 0 and is_new and engine_remedy.has_no_stack(run):
        why = (
            f"the stack {quote(stack)} is not in the backend of the state yet: make it with `pulumi "
            f"stack init {stack}`, or rename the one that it replaces"
        )
        return left_out(stack, why)
    if run.code != 0:
        return _failed(stack, run, said)
    warnings = [text for text in run.said("warning") if text not in said]
    notes = [text for text in run.said("info", "info#err") if text not in said]
    explained = (_PLANNED, *(("", *(f"- {escaped(text)}" for text in notes)) if notes else ()))
    quiet = Attention.NOTE if run.planned else Attention.NONE
    counted = f"{len(warnings)} {'warning' if len(warnings) == 1 else 'warnings'} of the preview"
    return Part(
        attention=Attention.WARNING if warnings else quiet,
        verdict=counted if warnings else _VERDICTS[bool(run.planned)],
        points=tuple(Point(Attention.WARNING, escaped(text)) for text in warnings),
        folds=(Fold(f"Preview: {run.summary}", explained, run.plan),),
        command=_command(stack),
    )


def of_destroy(stack: str, run: EngineRun) -> Part:
    """What a destroy of a stack would delete, whose file is deleted.

    Args:
        stack: the stack's name.
        run: of `pulumi destroy --preview-only`.
    """
    if run.code != 0:
        return _failed(stack, run, ())
    return Part(
        attention=Attention.NOTE,
        verdict="a destroy would delete what is on the clusters",
        folds=(Fold(f"What pulumi destroy would do: {run.summary}", code=run.plan),),
        command=f"pulumi destroy --preview-only --diff --stack {stack}",
    )


def is_destroyed(run: EngineRun) -> bool:
    """Whether the preview of a destroy has found nothing: no resource, or no stack at all.

    The stack itself, which a failed first update leaves behind, is on no cluster.
    """
    return engine_remedy.has_no_stack(run) or (
        run.code == 0 and (not run.planned or set(run.deleted) == {_STACK})
    )


def left_out(stack: str, why: str, *, fails: bool = False) -> Part:
    """A preview that was not made.

    Args:
        stack: the stack's name.
        why: the reason, and what to do about it, as Markdown.
        fails: whether it had to be made.
    """
    return Part(
        attention=Attention.FAILURE if fails else Attention.NOTE,
        verdict="it could not be previewed" if fails else "not previewed",
        points=(Point(Attention.FAILURE, f"no preview was made: {why}"),) if fails else (),
        summary="" if fails else f"**Preview**: left out, because {why}. So {_NOTHING_COMPARED}.",
        command=_command(stack),
    )


def _failed(stack: str, run: EngineRun, said: Collection[str]) -> Part:
    points = [f"the preview failed: {error}" for error in engine_remedy.errors(run, said)]
    return Part(
        attention=Attention.FAILURE,
        verdict="the preview failed",
        points=tuple(Point(Attention.FAILURE, point) for point in points),
        command=_command(stack),
    )


def _command(stack: str) -> str:
    return f"pulumi preview --diff --stack {stack}"
