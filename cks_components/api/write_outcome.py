"""What a failed write means: whether it may have been processed, and what may follow.

A write is never resent on the strength of its error alone: whatever follows begins with a read.
"""

from __future__ import annotations

from enum import Enum

from cks_components.api.errors import (
    CksError,
    ConflictError,
    InvalidRequestError,
    NoAnswerError,
    RateLimitedError,
    ServerError,
    UnexpectedAnswerError,
)

_NOT_IMPLEMENTED = 501


class WriteOutcome(Enum):
    """The ways in which a write can fail (cks-api section 6)."""

    FINAL = "refused, and trying again cannot help"
    INVALID = "refused for its content; wrong only if somebody upgraded the cluster meanwhile"
    BUSY = "refused, because of the cluster's state or without an end"
    UNPROCESSED = "never reached the server, or was turned away at its door"
    DOUBTFUL = "may have been accepted, although no good answer came back"


def write_outcome(error: CksError) -> WriteOutcome:
    """Say what the error of a PATCH means for the cluster."""
    if isinstance(error, InvalidRequestError):
        return WriteOutcome.INVALID
    if isinstance(error, ConflictError):
        return WriteOutcome.BUSY
    if isinstance(error, RateLimitedError):
        return WriteOutcome.UNPROCESSED
    if isinstance(error, NoAnswerError) and error.retry:
        return WriteOutcome.UNPROCESSED if error.processed is False else WriteOutcome.DOUBTFUL
    if isinstance(error, ServerError) and error.status != _NOT_IMPLEMENTED:
        return WriteOutcome.DOUBTFUL
    if isinstance(error, UnexpectedAnswerError) and error.garbled:
        return WriteOutcome.DOUBTFUL
    return WriteOutcome.FINAL
