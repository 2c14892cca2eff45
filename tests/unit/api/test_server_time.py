"""How far a server's clock is ahead, by its answer."""

from __future__ import annotations

import pytest

from cks_components.api.server_time import seconds_ahead

NOON = "Wed, 25 Nov 2026 12:00:00 GMT"
AT_NOON = 1795608000.0


@pytest.mark.parametrize(
    ("headers", "now", "ahead"),
    [
        ({"date": NOON}, AT_NOON + 0.5, 0.0),
        ({"date": NOON}, AT_NOON - 299.5, 300.0),
        ({"date": NOON}, AT_NOON + 300.5, -300.0),
        ({"date": NOON, "age": "300"}, AT_NOON + 300.5, 0.0),  # a cache kept it for so long
        ({}, AT_NOON, None),
        ({"date": "noon"}, AT_NOON, None),
        ({"date": NOON, "age": "old"}, AT_NOON, None),
    ],
)
def test_the_time_of_an_answer_is_compared_with_ours(
    headers: dict[str, str], now: float, ahead: float | None
) -> None:
    assert seconds_ahead(headers, now) == ahead
