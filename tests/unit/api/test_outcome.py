"""What the error of a PATCH means: a table of sentences."""

from __future__ import annotations

import pytest

from cks_components.api import errors
from cks_components.api.write_outcome import Outcome, outcome


def answered(status: int, code: int | None = None) -> errors.CksError:
    text = "" if code is None else f'{{"code": {code}, "message": "no"}}'
    return errors.error_from_response("x", status=status, headers={}, text=text, writing=True)


def unanswered(*, processed: bool | None, retry: bool = True) -> errors.CksError:
    return errors.NoAnswerError("x", processed=processed, retry=retry)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (answered(400, 3), Outcome.INVALID),
        (answered(422), Outcome.INVALID),
        (answered(400, 9), Outcome.BUSY),
        (answered(409, 10), Outcome.BUSY),
        (answered(401, 16), Outcome.FINAL),
        (answered(403, 7), Outcome.FINAL),
        (answered(404, 5), Outcome.FINAL),
        (answered(404), Outcome.FINAL),
        (answered(302), Outcome.FINAL),
        (answered(429, 8), Outcome.UNPROCESSED),
        (answered(500, 13), Outcome.DOUBTFUL),
        (answered(501, 12), Outcome.FINAL),
        (answered(502), Outcome.DOUBTFUL),
        (answered(503, 14), Outcome.DOUBTFUL),
        (answered(504, 4), Outcome.DOUBTFUL),
        (errors.UnexpectedAnswerError("x", status=200, garbled=True), Outcome.DOUBTFUL),
        (unanswered(processed=False), Outcome.UNPROCESSED),
        (unanswered(processed=None), Outcome.DOUBTFUL),
        (unanswered(processed=False, retry=False), Outcome.FINAL),
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
    error: errors.CksError, meaning: Outcome
) -> None:
    assert outcome(error) is meaning
