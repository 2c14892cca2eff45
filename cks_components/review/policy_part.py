"""The part about settings that give nobody access: how strict the rules are, and what an update may do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from cks_components.access.markdown_report import capital, quote
from cks_components.review.part import Attention, Part, Point
from cks_components.stack_file.acknowledgement import AcknowledgementSettings
from cks_components.stack_file.scalar_types import Environment
from cks_components.stack_file.settings import IdentitySettings, StackSettings, WebhookSettings

_STRICTNESS = get_args(Environment)
"""From the least strict to the strictest."""
_LESS_STRICT = "the rules are applied less strictly now"
_CHANGED = "what updates do to the clusters changes"
_KEYS = ("adopt", "on_drift", "on_delete")
_CONSEQUENCES = {
    ("adopt", True): "an update replaces a block that this stack did not make",
    ("on_drift", "overwrite"): "an update overwrites what another tool or person changed",
    ("on_delete", "clear"): "a destroy leaves no block, whatever was there before the stack",
}
"""What needs a second look."""


def of_change(
    stack: str, before: StackSettings | None, after: StackSettings | None
) -> tuple[Part, ...]:
    """What changes in those settings; nothing if nothing does.

    Args:
        stack: the stack's name.
        before: what is compared with; None if there is no file, or it cannot be read.
        after: what is reviewed; None as for `before`.
    """
    if after is None:
        return ()
    relaxed = [] if before is None else list(_environment(before, after))
    relaxed += _acknowledged(before, after)
    had = {} if before is None else _policies(before)
    points, quiet = [Point(Attention.REVIEW, text) for text in relaxed], []
    for place, value in _policies(after).items():
        _, name, _ = place
        was = had.get(place, WebhookSettings.model_fields[name].default)
        if value != was:
            text = f"{_named(*place)}: {_shown(was)} → {_shown(value)}"
            consequence = _CONSEQUENCES.get((name, value))
            if consequence:
                points.append(Point(Attention.REVIEW, f"{text}: {consequence}"))
            else:
                quiet.append(text)
    if not points and not quiet:
        return ()
    verdict = _LESS_STRICT if relaxed else _CHANGED
    return (
        Part(
            attention=Attention.REVIEW if points else Attention.NOTE,
            verdict=verdict,
            points=tuple(points),
            summary=f"{capital(_CHANGED)}: {'; '.join(quiet)}." if quiet else "",
            command=f"cks-access check {stack}",
        ),
    )


def _environment(before: StackSettings, after: StackSettings) -> Iterator[str]:
    was, now = before.known("environment"), after.known("environment")
    is_known = was is not None and now is not None
    if is_known and _STRICTNESS.index(now) < _STRICTNESS.index(was):
        yield f"{_LESS_STRICT}: `environment`: {_shown(was)} → {_shown(now)}"


def _acknowledged(before: StackSettings | None, after: StackSettings) -> Iterator[str]:
    had = [(one.known("risk"), one.known("cluster")) for one in _acknowledgements(before)]
    for one in _acknowledgements(after):
        risk, cluster, reason = one.known("risk"), one.known("cluster"), one.known("reason")
        if (risk, cluster) not in had:
            where = f" on cluster {quote(cluster)}" if cluster else ""
            yield f"a risk of the update is accepted{where}: {_shown(risk)}: {_shown(reason)}"


def _acknowledgements(settings: StackSettings | None) -> Sequence[AcknowledgementSettings]:
    return () if settings is None else settings.known("acknowledge") or ()


_Place = tuple[str, str, str]
"""The path of a block, the name of the field in it, and the cluster's key; empty for the stack."""


def _policies(settings: StackSettings) -> Mapping[_Place, Any]:
    """What the file says about each block; a value that is not known is None."""
    return {
        (path, name, cluster): block.known(name)
        for path, cluster, block in _blocks(settings)
        if block is not None
        for name in _KEYS
    }


def _blocks(
    settings: StackSettings,
) -> Iterator[tuple[str, str, IdentitySettings | WebhookSettings | None]]:
    yield "identity", "", settings.identity
    for key, one in (("", settings), *((c.key, c) for c in settings.clusters)):
        yield "webhooks.authentication", key, one.webhooks.authentication
        yield "webhooks.authorization", key, one.webhooks.authorization


def _named(path: str, name: str, cluster: str) -> str:
    key = WebhookSettings.model_fields[name].alias
    return f"{quote(f'{path}.{key}')}{f' of cluster {quote(cluster)}' if cluster else ''}"


def _shown(value: Any) -> str:
    """A value as the file has it."""
    if value is None:
        return "a value that is not known offline"
    return quote(value if isinstance(value, str) else json.dumps(value))
