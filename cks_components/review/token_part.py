"""The part about stored tokens of pipelines, which whoever reads a stack's outputs can use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from cks_components.access.markdown_report import quote
from cks_components.lifecycle.token_renewal import duration_in_words
from cks_components.review.part import Attention, Part, Point
from cks_components.stack_file.settings import StackSettings

_LONGER = "a stored token is new, or lives longer"
_FEWER = "a stored token is gone, or lives less long"
_WHO = "whoever can read the outputs of the stack can use it until it ends"


class _Account(NamedTuple):
    """A service account, on one cluster of the file or, with an empty key, on every one."""

    cluster: str
    namespace: str
    name: str


def of_change(
    stack: str, before: StackSettings | None, after: StackSettings | None
) -> tuple[Part, ...]:
    """Which pipelines get a stored token, or one with another lifetime; nothing if none does.

    The arguments are as those of `policy_part.of_change`.
    """
    if after is None:
        return ()
    had, has = _lifetimes(before), _lifetimes(after)
    longer, shorter = [], []
    for account in dict.fromkeys([*has, *had]):
        was, now = had.get(account), has.get(account)
        if now is not None and (was is None or now > was):
            longer.append(f"{_named(account)}: {_shown(was)} → {_shown(now)}: {_WHO}")
        elif was != now:
            shorter.append(f"{_named(account)}: {_shown(was)} → {_shown(now)}")
    if not longer and not shorter:
        return ()
    return (
        Part(
            attention=Attention.REVIEW if longer else Attention.NOTE,
            verdict=_LONGER if longer else _FEWER,
            points=tuple(Point(Attention.REVIEW, text) for text in longer),
            summary=f"Stored tokens: {'; '.join(shorter)}." if shorter else "",
            command=f"cks-access check {stack}",
        ),
    )


def _lifetimes(settings: StackSettings | None) -> Mapping[_Account, timedelta]:
    if settings is None:
        return {}
    return {
        _Account(key, pipeline.known("namespace") or "", pipeline.known("name") or ""): lifetime
        for key, one in (("", settings), *((c.key, c) for c in settings.clusters))
        for pipeline in one.known("automation") or ()
        for token in (pipeline.known("token"),)
        if token is not None
        for lifetime in (token.known("lifetime"),)
        if lifetime is not None
    }


def _named(account: _Account) -> str:
    of = f" of cluster {quote(account.cluster)}" if account.cluster else ""
    return f"the stored token of the pipeline {quote(f'{account.namespace}/{account.name}')}{of}"


def _shown(lifetime: timedelta | None) -> str:
    return "none" if lifetime is None else duration_in_words(lifetime)
