"""F9 to F13: connections that end, answers that are none, and refusals of the token."""

from __future__ import annotations

from cks_components.api.errors import (
    CksError,
    ForbiddenError,
    NoAnswerError,
    ServerError,
    UnauthenticatedError,
    UnexpectedAnswerError,
)
from tests.unit.lifecycle.faults.fault import (
    LIMIT_SECONDS,
    UPDATE_SECONDS,
    Fault,
    NoConnection,
    Put,
    done,
    fault,
    put,
    shown,
    stops,
)

_PAGE = "<html>Bad Gateway</html>"
_DOUBT_SECONDS = 10.0
"""For so long a RUNNING cluster is watched for signs of a change whose answer was lost."""
_READ_SECONDS = 90.0
"""The deadline over all attempts of one read of a refresh."""


def _both(kind: str, **options: object) -> tuple[Put, Put]:
    """The first GET and the first PATCH meet it, each once."""
    return put(kind, method="GET", **options), put(kind, method="PATCH", **options)


def _read_for_ever(
    number: int, title: str, act: Put | NoConnection, end: type[CksError], says: str
) -> Fault:
    """Not even the first read succeeds before the deadline."""
    return fault(
        number,
        title,
        "a clear error in time",
        act,
        writes=stops(end, says, seconds=(LIMIT_SECONDS - 20, LIMIT_SECONDS)),
        refresh=stops(end, says, seconds=(_READ_SECONDS - 20, _READ_SECONDS)),
    )


def _turned_away(
    code: int, name: str, after: str | None, asked: tuple[float, float], decided: float
) -> Fault:
    """One GET and one PATCH are turned away, each with the given Retry-After."""
    headers = {} if after is None else {"retry-after": after}
    least, most = asked
    return fault(
        11,
        name,
        "honour Retry-After, up to a minute",
        *_both("refusal", code=code, headers=headers),
        writes=done(
            2,
            seconds=(
                2 * least + decided + UPDATE_SECONDS,
                2 * most + decided + UPDATE_SECONDS + 3,
            ),
        ),
        refresh=shown(seconds=asked),
    )


def _answered(title: str, *faults: Put, sent: int = 2) -> Fault:
    """A read is repeated; a write whose answer says nothing is decided by reading."""
    return fault(
        12,
        title,
        "retry the read; decide the write by reading",
        *faults,
        writes=done(sent, seconds=(UPDATE_SECONDS, UPDATE_SECONDS + _DOUBT_SECONDS + 4)),
    )


def _no_longer(code: int, end: type[CksError], read: str, write: str) -> tuple[Fault, ...]:
    """The token is refused from the start, for the write alone, or in the middle of the wait."""
    name = f"{401 if code == 16 else 403}"
    must = "stop with the variable to check" if code == 16 else "stop with the role to ask for"
    refused = {"code": code, "times": None}
    return (
        fault(
            13,
            f"{name} from the start",
            must,
            put("refusal", **refused),
            writes=stops(end, read, seconds=(0, 0)),
            refresh=stops(end, read, seconds=(0, 0)),
        ),
        fault(
            13,
            f"{name} for the PATCH alone",
            must,
            put("refusal", method="PATCH", **refused),
            writes=stops(end, write, sent=1, seconds=(0, 0)),
        ),
        fault(
            13,
            f"{name} in the middle of the wait",
            f"{must}; the accepted change is not sent again",
            put("refusal", method="GET", skip=2, **refused),
            writes=stops(
                end, read, sent=1, accepted=1, live="as wanted", seconds=(0, UPDATE_SECONDS)
            ),
        ),
    )


def _landed(title: str, *faults: Put, seconds: float = 0.0) -> Fault:
    """The PATCH was committed, and its answer lost; it took so long to notice."""
    most = seconds + 1.1 * UPDATE_SECONDS + 2
    return fault(
        10, title, "GET, no second PATCH", *faults, writes=done(seconds=(UPDATE_SECONDS, most))
    )


_NOT_OURS = "the answer is not a valid answer of the CKS API"
_TOKEN = "the token in COREWEAVE_API_TOKEN is wrong, expired or revoked"
_RETRY_AFTERS = (
    ("seconds", "7", (7.0, 7.0)),
    ("a date in 20 s", "+20 s", (18.9, 20.0)),
    ("an absurd number", "999999", (60.0, 60.0)),
    ("nothing", None, (0.1, 1.0)),
)

ANSWER: tuple[Fault, ...] = (
    fault(
        9,
        "the connection is cut before the request is processed",
        "GET, then one more PATCH",
        *_both("cut"),
        writes=done(2, seconds=(UPDATE_SECONDS + _DOUBT_SECONDS, UPDATE_SECONDS + 14)),
    ),
    fault(
        9,
        "no connection comes about, once",
        "GET, then PATCH",
        NoConnection("[Errno 111] Connection refused", "GET", 1),
        NoConnection("[Errno 111] Connection refused", "PATCH", 1),
    ),
    _read_for_ever(
        9,
        "no connection ever comes about",
        NoConnection("[Errno 111] Connection refused"),
        NoAnswerError,
        "no answer came back (ConnectError: [Errno 111] Connection refused); check the network",
    ),
    _landed(
        "the connection is cut after the PATCH was committed",
        put("cut", method="PATCH", after=True),
    ),
    _landed(
        "a gateway's 502 hides a committed PATCH",
        put("text", method="PATCH", status=502, body=_PAGE, after=True),
    ),
    _landed(
        "the answer to a committed PATCH comes after the request's time-out",
        put("slow", method="PATCH", seconds=40),
        seconds=30.0,
    ),
    _landed(
        "the same cut, and five stale reads after it",
        put("stale_reads", reads=5),
        put("cut", method="PATCH", after=True),
    ),
    *(
        _turned_away(code, f"{status}, Retry-After says {what}", after, asked, decided)
        for code, status, decided in ((8, 429, 0.0), (14, 503, _DOUBT_SECONDS))
        for what, after, asked in _RETRY_AFTERS
    ),
    _answered("502 with HTML, once", *_both("text", status=502, body=_PAGE)),
    _answered("200 with HTML, once", *_both("text", status=200, body=_PAGE)),
    _answered("200 with {}, once", *_both("text", status=200, body="{}")),
    _answered("JSON that is cut off, once", *_both("cut_off"), sent=1),
    _read_for_ever(
        12,
        "502 with HTML, for ever",
        put("text", status=502, body=_PAGE, times=None),
        ServerError,
        'the API answered 502 "<html>Bad Gateway</html>"',
    ),
    *(
        fault(
            12,
            f"{title}, for ever",
            "a clear error after few attempts",
            *faults,
            writes=stops(UnexpectedAnswerError, _NOT_OURS, seconds=(0, 3)),
            refresh=stops(UnexpectedAnswerError, _NOT_OURS, seconds=(0, 3)),
        )
        for title, *faults in (
            ("200 with HTML", put("text", status=200, body=_PAGE, times=None)),
            ("200 with {}", put("text", status=200, body="{}", times=None)),
            ("JSON that is cut off", put("cut_off", times=None)),
        )
    ),
    *_no_longer(16, UnauthenticatedError, _TOKEN, _TOKEN),
    *_no_longer(
        7,
        ForbiddenError,
        "give the token's owner the role CKS Viewer",
        "give the token's owner the role CKS Admin",
    ),
)
