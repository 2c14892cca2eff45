"""What the error of a PATCH means: a table of sentences."""

from __future__ import annotations

import pytest

from cks_components.api import errors
from cks_components.api.client import CKS_API
from cks_components.api.write_outcome import WriteOutcome, write_outcome


def answered(status: int, code: int | None = None) -> errors.CksError:
    text = "" if code is None else f'{{"code": {code}, "message": "no"}}'
    return errors.error_from_response(
        "x", status=status, headers={}, text=text, writing=True, server=CKS_API
    )


def unanswered(*, processed: bool | None, retry: bool = True) -> errors.CksError:
    return errors.NoAnswerError("x", processed=processed, retry=retry)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (answered(400, 3), WriteOutcome.INVALID),
        (answered(422), WriteOutcome.INVALID),
        (answered(400, 9), WriteOutcome.BUSY),
        (answered(409, 10), WriteOutcome.BUSY),
        (answered(401, 16), WriteOutcome.FINAL),
        (answered(403, 7), WriteOutcome.FINAL),
        (answered(404, 5), WriteOutcome.FINAL),
        (answered(404), WriteOutcome.FINAL),
        (answered(302), WriteOutcome.FINAL),
        (answered(429, 8), WriteOutcome.UNPROCESSED),
        (answered(500, 13), WriteOutcome.DOUBTFUL),
        (answered(501, 12), WriteOutcome.FINAL),
        (answered(502), WriteOutcome.DOUBTFUL),
        (answered(503, 14), WriteOutcome.DOUBTFUL),
        (answered(504, 4), WriteOutcome.DOUBTFUL),
        (errors.UnexpectedAnswerError("x", status=200, garbled=True), WriteOutcome.DOUBTFUL),
        (unanswered(processed=False), WriteOutcome.UNPROCESSED),
        (unanswered(processed=None), WriteOutcome.DOUBTFUL),
        (unanswered(processed=False, retry=False), WriteOutcome.FINAL),
    ],
    ids=[
        "400 code 3",
        "422",
        "400 code 9",
        "409",
        "401",
        "403",
        "404",
        "404 not the API",
        "302",
        "429",
        "500",
        "501",
        "502",
        "503",
        "504",
        "a garbled 200",
        "no connection",
        "no answer",
        "no trust",
    ],
)
def test_an_error_says_whether_a_write_may_have_been_processed(
    error: errors.CksError, meaning: WriteOutcome
) -> None:
    assert write_outcome(error) is meaning
