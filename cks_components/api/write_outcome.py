"""What a failed write means: whether it may have been processed, and what to do next.

A write is never resent because of its error alone: the next step always begins with a read.
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

    FINAL = "the API refused it, and trying again cannot help"
    INVALID = "the API refused it as invalid; it may be valid once the cluster is read again"
    BUSY = "the API refused it because of the cluster's state, for now or permanently"
    UNPROCESSED = "it did not reach the API, or the API rejected it unprocessed"
    DOUBTFUL = "it may have been accepted, although no valid answer came back"


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
