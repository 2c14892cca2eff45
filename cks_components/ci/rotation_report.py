"""What came of a rotation, as parts of a summary."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.access.markdown_report import quote
from cks_components.ci import failure_part
from cks_components.ci.rotation_job import Rotation
from cks_components.project.engine_run import EngineRun, Step
from cks_components.review.markdown_text import escaped
from cks_components.review.part import Attention, Fold, Part, Point

_HAND_OUT = (
    "hand out the new kubeconfigs (`pulumi stack output automationKubeconfigs --show-secrets`); the "
    "tokens before stay valid until the next rotation, or their end"
)


def parts(rotation: Rotation) -> tuple[Part, ...]:
    """The parts of a summary, what failed first."""
    return tuple(_parts(rotation))


def _parts(rotation: Rotation) -> Iterator[Part]:
    command = f"pulumi preview --diff --stack {rotation.stack}"
    if rotation.reasons:
        yield failure_part.not_done("no token was renewed", rotation.reasons, command)
    elif rotation.planned and rotation.planned.code != 0:
        verdict = "it could not be found out which tokens are due"
        yield failure_part.of_run(verdict, rotation.planned, command)
    elif rotation.done and rotation.done.code != 0:
        verdict = f"{_tokens(len(rotation.failed))} could not be renewed"
        yield failure_part.of_run(verdict, rotation.done, command)
        yield _result(rotation, rotation.done, command)
    elif rotation.done:
        yield _result(rotation, rotation.done, command)
    else:
        yield _all_kept(rotation, command)
    if rotation.waiting:
        yield _waiting(rotation, command)


def _result(rotation: Rotation, done: EngineRun, command: str) -> Part:
    renewed = rotation.renewed
    failed = rotation.failed
    advice = (Point(Attention.WARNING, _HAND_OUT),) if renewed else ()
    lost = tuple(
        Point(Attention.FAILURE, f"{_name(step)} was not renewed; {_end(step)}") for step in failed
    )
    warnings = tuple(Point(Attention.WARNING, escaped(text)) for text in done.said("warning"))
    return Part(
        attention=Attention.FAILURE if failed else Attention.WARNING,
        verdict=f"{_tokens(len(renewed))} renewed",
        points=(*lost, *advice, *warnings),
        folds=(Fold(f"Every stored token: {len(rotation.tokens)}", _lines(rotation)),),
        command=command,
    )


def _all_kept(rotation: Rotation, command: str) -> Part:
    number = len(rotation.tokens)
    verdict = f"no token is due, of {_tokens(number)} stored" if number else "no token is stored"
    folds = (Fold(f"Every stored token: {number}", _lines(rotation)),) if number else ()
    return Part(attention=Attention.NONE, verdict=verdict, folds=folds, command=command)


def _waiting(rotation: Rotation, command: str) -> Part:
    number = rotation.waiting
    text = f"{number} other {'change waits' if number == 1 else 'changes wait'} for an update"
    summary = (
        f"{text}, and this job leaves {'it' if number == 1 else 'them'} to `cks-access ci up`."
    )
    return Part(attention=Attention.NONE, verdict=text, summary=summary, command=command)


def _lines(rotation: Rotation) -> tuple[str, ...]:
    renewed, failed = rotation.renewed, {step.urn for step in rotation.failed}
    lines = []
    for step in rotation.tokens:
        if step.urn in renewed:
            state = f"renewed; {_end(renewed[step.urn], 'new')}"
        else:
            state = f"{'not renewed' if step.urn in failed else 'kept'}; {_end(step)}"
        lines.append(f"- {_name(step)}: {state}")
    return tuple(lines)


def _name(step: Step) -> str:
    account = f"{step.old.get('namespace')}/{step.old.get('service_account')}"
    return f"the token of {quote(account)} ({quote(step.name)})"


def _end(step: Step, version: str = "old") -> str:
    outputs = step.new if version == "new" else step.old
    return f"it expires at {escaped(str(outputs.get('expires_at', 'an unknown time')))}"


def _tokens(number: int) -> str:
    return "1 token" if number == 1 else f"{number} tokens"
