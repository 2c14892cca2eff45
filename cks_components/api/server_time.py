"""How far a server's clock is ahead of ours, by the headers of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_MIDDLE_OF_A_SECOND = 0.5


def seconds_ahead(headers: Mapping[str, str], now: float) -> float | None:
    """How far the server's clock is ahead of ours (behind: negative), to about a second.

    Source: RFC 9110, section 6.6.1 (Date has whole seconds); RFC 9111, section 4.2.3 (a cache adds
    Age, the seconds since the answer was made).

    Args:
        headers: of the answer, by lower-case names.
        now: our time in seconds since 1970, when it arrived.

    Returns:
        None if the answer has no time.
    """
    try:
        made = parsedate_to_datetime(headers["date"]).timestamp()
        age = int(headers.get("age", 0))
    except (KeyError, ValueError, OverflowError):
        return None
    return made + age + _MIDDLE_OF_A_SECOND - now
