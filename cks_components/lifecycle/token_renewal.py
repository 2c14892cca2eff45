"""When a token is replaced, and its status: pure functions of points in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
_MANY = 10


class TokenStatus(StrEnum):
    """The status of a token; the values lie in the state of stacks and never change."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ORPHANED = "orphaned"
    REFUSED = "refused"

    @property
    def reason(self) -> str:
        """The status as the end of a sentence about the token."""
        return {
            TokenStatus.LIVE: "is live",
            TokenStatus.EXPIRED: "has expired",
            TokenStatus.REVOKED: "was revoked: its Secret is gone",
            TokenStatus.ORPHANED: "no longer works, because its service account was deleted",
            TokenStatus.REFUSED: "is refused by the API server, although its service account and Secret exist",
        }[self]


@dataclass(frozen=True)
class Renewal:
    """Whether a token must be replaced now, and the sentence that says why."""

    is_due: bool
    text: str


def token_status(
    now: datetime, expires_at: datetime, *, has_account: bool, has_secret: bool
) -> TokenStatus:
    """Return a token's status, from what exists of its account and Secret."""
    if not has_account:
        return TokenStatus.ORPHANED
    if not has_secret:
        return TokenStatus.REVOKED
    return TokenStatus.EXPIRED if now >= expires_at else TokenStatus.LIVE


def renewal_window(lifetime: timedelta, renew_before: timedelta, granted: timedelta) -> timedelta:
    """How long before its end a token is replaced.

    A token that the server granted for less than the window would be due at every update, so its
    window shrinks in proportion.
    """
    if granted > renew_before:
        return renew_before
    return renew_before * (granted / lifetime)


def renewal(now: datetime, expires_at: datetime, before: timedelta) -> Renewal:
    """Decide by the clock: inside the window a token is replaced, outside it is kept."""
    left = expires_at - now
    if left <= timedelta():
        return Renewal(
            True, f'the token expired {duration_in_words(-left)} ago; "pulumi up" replaces it'
        )
    expiry, window = f"the token expires in {duration_in_words(left)}", duration_in_words(before)
    if left <= before:
        text = f'{expiry}, within its renewal window of {window}; "pulumi up" replaces it'
        return Renewal(True, text)
    return Renewal(False, f"{expiry}, before its renewal window of {window}; it is kept")


def duration_in_words(length: timedelta) -> str:
    """A length of time, rounded down: "12 days", "3 hours 59 minutes", "40 seconds".

    With fewer than ten of a unit the next smaller one is named too, so that little is lost.
    """
    seconds = int(length.total_seconds())
    for (name, unit), (smaller, part) in pairwise(_UNITS):
        count, rest = seconds // unit, seconds % unit // part
        if count:
            is_exact = count >= _MANY or not rest
            return _counted(count, name) + ("" if is_exact else f" {_counted(rest, smaller)}")
    return _counted(seconds, "second")


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
