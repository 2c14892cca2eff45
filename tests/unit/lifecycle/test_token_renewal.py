"""When a token is replaced, as a table of sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cks_components.lifecycle.token_renewal import (
    TokenStatus,
    duration_in_words,
    renewal,
    renewal_window,
    token_status,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("left", "is_due", "text"),
    [
        (
            timedelta(days=8),
            False,
            "the token expires in 8 days, before its renewal window of 7 days; it is kept",
        ),
        (
            WEEK,
            True,
            'the token expires in 7 days, within its renewal window of 7 days; "pulumi up" replaces it',
        ),
        (
            timedelta(days=5),
            True,
            'the token expires in 5 days, within its renewal window of 7 days; "pulumi up" replaces it',
        ),
        (timedelta(0), True, 'the token expired 0 seconds ago; "pulumi up" replaces it'),
        (timedelta(hours=-2), True, 'the token expired 2 hours ago; "pulumi up" replaces it'),
    ],
    ids=["before the window", "at its edge", "inside", "at the end", "afterwards"],
)
def test_the_clock_decides(left: timedelta, is_due: bool, text: str) -> None:
    found = renewal(NOW, NOW + left, WEEK)

    assert (found.is_due, found.text) == (is_due, text)


def test_a_token_that_the_server_cut_below_the_window_is_not_due_at_once() -> None:
    month, day = timedelta(days=30), timedelta(days=1)

    assert renewal_window(month, WEEK, month) == WEEK
    assert renewal_window(month, WEEK, timedelta(days=8)) == WEEK
    assert renewal_window(month, WEEK, day) == day * 7 / 30


@pytest.mark.parametrize(
    ("left", "account", "secret", "found"),
    [
        (1, True, True, TokenStatus.LIVE),
        (0, True, True, TokenStatus.EXPIRED),
        (0, True, False, TokenStatus.REVOKED),
        (1, False, False, TokenStatus.ORPHANED),
    ],
)
def test_what_is_left_of_a_token_says_what_it_is_good_for(
    left: int, account: bool, secret: bool, found: TokenStatus
) -> None:
    expires_at = NOW + timedelta(seconds=left)

    assert token_status(NOW, expires_at, has_account=account, has_secret=secret) is found


def test_every_standing_is_a_sentence() -> None:
    assert len({standing.reason for standing in TokenStatus}) == len(TokenStatus)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(minutes=2, seconds=59), "2 minutes 59 seconds"),
        (timedelta(minutes=15, seconds=59), "15 minutes"),
        (timedelta(hours=1, seconds=59), "1 hour"),
        (timedelta(hours=3, minutes=59, seconds=59), "3 hours 59 minutes"),
        (timedelta(hours=47), "1 day 23 hours"),
        (timedelta(days=3, minutes=59), "3 days"),
        (timedelta(days=30, hours=12), "30 days"),
    ],
)
def test_a_length_of_time_names_two_units_where_the_first_alone_would_mislead(
    length: timedelta, text: str
) -> None:
    assert duration_in_words(length) == text
