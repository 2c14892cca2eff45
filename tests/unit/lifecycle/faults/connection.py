"""F23 to F26: the way to the API, its pace, whose token it is, and which cluster is meant."""

from __future__ import annotations

from cks_components.api.errors import (
    GoneError,
    NoAnswerError,
    RefusedError,
    SettingsError,
    UnexpectedAnswerError,
)
from lab.api import fleet
from tests.unit.lifecycle.faults.fault import (
    LIMIT_SECONDS,
    REQUEST_SECONDS,
    Cell,
    Fault,
    Lookup,
    NoConnection,
    Put,
    done,
    fault,
    put,
    shown,
    stops,
)

_ID = fleet.CONTROL_PLANE
_TWIN = "2c6385a3-9123-4c79-a121-dd5d62724413"
_ELSEWHERE = {"location": "https://elsewhere.example/"}
_STRANGER = f"belongs to organisation {fleet.ORGANISATION}, but the token in COREWEAVE_API_TOKEN belongs to zz9999"


def _away(*more: Put) -> tuple[Put, ...]:
    """404 by id, and a list without the cluster: it is there, but this token does not see it."""
    return (
        put("refusal", method="GET", target=_ID, code=5, times=None),
        put("empty_list", times=None),
        *more,
    )


_UNKNOWN = stops(RefusedError, "the API does not say whose token this is")


def _never(
    number: int, title: str, must: str, *faults: Put | NoConnection, cell: Cell, **more: str
) -> Fault:
    """No operation gets anywhere."""
    return fault(number, title, must, *faults, writes=cell, refresh=cell, **more)


def _redirect(method: str, *, sent: int) -> Fault:
    cell = stops(
        UnexpectedAnswerError,
        "the answer was a redirect (307), which is never followed because the token is sent to no other address",
        sent=sent,
        seconds=(0, 0),
    )
    return fault(
        23,
        f"a redirect of every {method} to another host",
        "not follow it, not send the token there",
        put("text", method=method, status=307, headers=_ELSEWHERE, times=None),
        writes=cell,
        refresh=cell if method == "GET" else shown(),
    )


def _slow(title: str, **pace: float) -> Fault:
    """The first GET and the first PATCH, which is committed, each cost their time-out."""
    return fault(
        24,
        title,
        "give up in time; read again, decide the write by reading",
        put("slow", method="GET", **pace),
        put("slow", method="PATCH", **pace),
        writes=done(seconds=(2 * REQUEST_SECONDS, 2 * REQUEST_SECONDS + 5)),
        refresh=shown(seconds=(REQUEST_SECONDS, REQUEST_SECONDS + 2)),
    )


_LATE = "no answer came back (ReadTimeout: the answer did not come in time)"

WAY: tuple[Fault, ...] = (
    _redirect("GET", sent=0),
    _redirect("PATCH", sent=1),
    _never(
        23,
        "the endpoint is plain http",
        "send nothing",
        cell=stops(SettingsError, "COREWEAVE_API_ENDPOINT must be an https URL", seconds=(0, 0)),
        endpoint="http://api.coreweave.com",
    ),
    _never(
        23,
        "the server's certificate is not trusted",
        "not send the token, not try again",
        NoConnection("[SSL: CERTIFICATE_VERIFY_FAILED] unable to get local issuer certificate"),
        cell=stops(
            NoAnswerError,
            "check the address and the trusted certificates (SSL_CERT_FILE)",
            seconds=(0, 0),
        ),
    ),
    _slow("answers come after the request's time-out, once each", seconds=40),
    _slow("answers trickle, once each", trickle=0.5),
    fault(
        24,
        "every answer takes 10 s",
        "be patient",
        put("slow", seconds=10, times=None),
        writes=done(seconds=(30, 45)),
        refresh=shown(seconds=(10, 10)),
    ),
    fault(
        24,
        "no answer comes in time, for ever",
        "one deadline over all",
        put("slow", seconds=40, times=None),
        writes=stops(NoAnswerError, _LATE, seconds=(LIMIT_SECONDS - 20, LIMIT_SECONDS + 1)),
        refresh=stops(NoAnswerError, _LATE, seconds=(70, 91)),
    ),
    fault(
        25,
        "whoami is missing",
        "carry on",
        put("refusal", target="whoami", code=5, times=None),
    ),
    fault(
        25,
        "whoami is missing, and the token sees neither the cluster nor any other",
        "not call it gone: an empty list of an unknown token shows nothing",
        *_away(put("refusal", target="whoami", code=5, times=None)),
        create=_UNKNOWN,
        update=_UNKNOWN,
        refresh=_UNKNOWN,
        delete=_UNKNOWN,
    ),
    fault(
        25,
        "the token of another organisation sees the cluster",
        "carry on",
        put("other_organisation", org_uid="zz9999", times=None),
    ),
    fault(
        25,
        "the token of another organisation does not see the cluster",
        "not call it deleted; name both organisations",
        *_away(put("other_organisation", org_uid="zz9999", times=None)),
        create=stops(GoneError, "check its id and the token's organisation (zz9999)"),
        update=stops(RefusedError, _STRANGER),
        refresh=stops(RefusedError, _STRANGER),
        delete=stops(RefusedError, _STRANGER),
    ),
    fault(
        26,
        "two clusters have one name",
        "go by the id, leave the other alone",
        cluster=_TWIN,
    ),
    fault(
        26,
        "the list is empty, but the cluster is there by id",
        "go by the id",
        put("empty_list", times=None),
    ),
    _never(
        26,
        "404 for the cluster, and a list with a nextPageToken",
        "refuse to guess: not call it deleted",
        *_away(put("paged", times=None)),
        cell=stops(UnexpectedAnswerError, "the API returned only the first page of its list"),
    ),
)

LOOKUPS = (
    Lookup(
        "F14",
        "the list lacks the cluster, but it is there by id",
        {"id": _ID},
        (put("hidden", cluster=_ID),),
    ),
    Lookup(
        "F14",
        "the list lacks the cluster that is named",
        {"name": "local-east"},
        (put("hidden", cluster=_ID),),
        SettingsError,
        'no cluster "local-east" is visible to this token',
    ),
    Lookup(
        "F26",
        "two clusters have one name",
        {"name": "twin"},
        (),
        SettingsError,
        '2 clusters are called "twin"; write the id of one',
    ),
    Lookup(
        "F26",
        "the list is empty",
        {"name": "local-east"},
        (put("empty_list"),),
        SettingsError,
        "(visible: none); check the spelling and the token's organisation",
    ),
    Lookup(
        "F26",
        "the list has a nextPageToken",
        {"name": "local-east"},
        (put("paged"),),
        UnexpectedAnswerError,
        "the API returned only the first page of its list",
    ),
)
