"""Reads that are repeated until they succeed or their deadline passes.

Retried: no answer (unless TLS or the host's name is the reason), 429, 502, 503 and 504. A 200 that
is not the API's (HTML, truncated JSON) is retried at most twice, because a wrong address always
answers so. No other status is retried.
Writes are not retried here: an unanswered PATCH is followed by a read and a decision.
`Retry-After` (seconds or an HTTP date) wins over the backoff, up to a cap.
A read that takes long reports what it is trying.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TypeVar

from cks_components.api.clock import Clock
from cks_components.api.errors import (
    ApiError,
    CksError,
    NoAnswerError,
    RateLimitedError,
    ServerError,
    UnexpectedAnswerError,
)

_T = TypeVar("_T")
Tell = Callable[[str], None]

RETRY_AFTER_CAP_SECONDS = 60.0
READ_DEADLINE_SECONDS = 90.0
PREVIEW_DEADLINE_SECONDS = 15.0
"""For reads that a preview needs, because a user waits for it."""
QUIET_SECONDS = 5.0
"""How long a read may take before it reports progress, and the time between two reports."""
_GATEWAY = (502, 503, 504)
_MOST_GARBLED = 3
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 15.0
_SHORTEST_TRY = 1.0
_tell: ContextVar[Tell | None] = ContextVar("tell", default=None)


@contextmanager
def telling(tell: Tell) -> Iterator[None]:
    """Report slow reads inside the block to `tell`, which is called from other threads."""
    before = _tell.set(tell)
    try:
        yield
    finally:
        _tell.reset(before)


def is_worth_retrying(error: CksError, attempt: int) -> bool:
    """Whether the same read may succeed a moment after the given attempt (1 is the first)."""
    if isinstance(error, NoAnswerError):
        return error.retry
    if isinstance(error, UnexpectedAnswerError) and error.garbled:
        return attempt < _MOST_GARBLED
    if isinstance(error, ServerError | UnexpectedAnswerError):
        return error.status in _GATEWAY
    return isinstance(error, RateLimitedError)


def delay_seconds(error: CksError, attempt: int) -> float:
    """How long to wait after the given attempt (1 is the first): Retry-After, else backoff."""
    if isinstance(error, ApiError) and error.retry_after is not None:
        asked = retry_after_seconds(error.retry_after)
        if asked is not None:
            return min(asked, RETRY_AFTER_CAP_SECONDS)
    backoff = min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** (attempt - 1))
    return backoff * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret


def asks_to_wait(error: CksError) -> bool:
    """Whether the answer has a Retry-After header."""
    return isinstance(error, ApiError) and error.retry_after is not None


def retry_after_seconds(value: str) -> float | None:
    """Read a Retry-After header; None if it is neither seconds nor a date."""
    value = value.strip()
    if value.isdigit():
        return float(value[:9])
    try:
        from email.utils import parsedate_to_datetime  # the package is large, and dates are rare

        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def retried(
    read: Callable[[float], _T],
    *,
    clock: Clock,
    trying: str,
    deadline_seconds: float = READ_DEADLINE_SECONDS,
) -> _T:
    """Call `read` with the remaining seconds until it succeeds; all attempts share one deadline.

    Args:
        read: one attempt.
        clock: measures and waits.
        trying: what is tried and where, as `HttpClient.trying` says it, for progress messages.
        deadline_seconds: for all attempts together.

    Raises:
        CksError: the last one, if it is final or the next attempt would pass the deadline.
    """
    began, tell = clock.now(), _tell.get()
    end = began + deadline_seconds
    if tell is None:
        return _until_it_succeeds(read, clock, end)

    def say() -> None:
        tell(f"{clock.now() - began:.0f} s: still trying to {trying}")

    with clock.every(QUIET_SECONDS, say):
        return _until_it_succeeds(read, clock, end)


def _until_it_succeeds(read: Callable[[float], _T], clock: Clock, end: float) -> _T:
    attempt = 0
    while True:
        attempt += 1
        try:
            return read(max(_SHORTEST_TRY, end - clock.now()))
        except CksError as error:
            delay = delay_seconds(error, attempt)
            if not is_worth_retrying(error, attempt) or clock.now() + delay > end:
                raise
            clock.wait(delay)
