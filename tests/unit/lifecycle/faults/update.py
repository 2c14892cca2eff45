"""F1 to F8: what the cluster makes of an accepted change, and when it accepts one."""

from __future__ import annotations

from typing import Any

from cks_components.api.errors import ClusterFailedError, ConflictError, WaitTimeoutError
from tests.unit.lifecycle.faults.blocks import ALGORITHMS, BEFORE, NEW, RESPELLED_CA
from tests.unit.lifecycle.faults.fault import (
    AT_THE_LIMIT,
    UPDATE_SECONDS,
    Cell,
    Fault,
    Put,
    becomes,
    done,
    fault,
    put,
    shown,
    stops,
)

_AT_THE_END = (UPDATE_SECONDS, UPDATE_SECONDS + 1)


def _timed_out(says: str, **more: Any) -> Cell:
    return stops(WaitTimeoutError, says, sent=1, accepted=1, seconds=AT_THE_LIMIT, **more)


def _ends_in(status: str) -> Fault:
    return fault(
        3,
        f"the update ends in {status}",
        "stop at once, say what to do",
        put("ends_in", status=f"STATUS_{status}"),
        writes=stops(
            ClusterFailedError,
            f"its status is {status}, and waiting does not change that; look at the cluster in the console",
            sent=1,
            accepted=1,
            seconds=_AT_THE_END,
        ),
        refresh=shown(faults=(becomes(status),)),
    )


def _is_in(status: str) -> Fault:
    return fault(
        3,
        f"the cluster is in {status} before we begin",
        "send nothing, say what to do",
        becomes(status),
        writes=stops(
            ClusterFailedError,
            f"its status is {status}, and waiting does not change that",
            seconds=(0, 0),
        ),
    )


def _lost(title: str, *, at_once: bool) -> Fault:
    return fault(
        5,
        title,
        "time out and name the leaves",
        put("lost", at_once=at_once),
        create=_timed_out("groupsPrefix: unset on the cluster, 'new:' wanted"),
        update=_timed_out("groupsPrefix: 'old:' on the cluster, 'new:' wanted"),
        delete=_timed_out("groupsPrefix: 'old:' on the cluster, unset wanted"),
    )


def _stored_as(leaf: str, value: object) -> tuple[Put, ...]:
    return (put("leaf", path=f"oidc.{leaf}", value=value),)


def _respelled(title: str, leaf: str, value: object) -> Fault:
    as_stored = done(but={leaf: value})
    return fault(
        6,
        title,
        "equal by meaning: done",
        *_stored_as(leaf, value),
        writes=as_stored,
        clear=done(faults=()),
    )


_SLASH = "only the slash at the end differs"
_DROPPED = "signingAlgorithms: unset on the cluster, ['SIGNING_ALGORITHM_RS256'] wanted"

UPDATE = (
    fault(
        1,
        "five reads after the PATCH show the old values and RUNNING",
        "keep waiting",
        put("stale_reads", reads=5),
    ),
    fault(
        1,
        "forty reads after the PATCH do, long after the update has ended",
        "keep waiting",
        put("stale_reads", reads=40),
        writes=done(seconds=(UPDATE_SECONDS, 60)),
    ),
    fault(
        2,
        "the new values show at once in RUNNING, then UPDATING, then RUNNING",
        "not end on the first such read",
        put("early_values", reads=1),
        writes=done(seconds=(UPDATE_SECONDS, UPDATE_SECONDS + 2)),
    ),
    *(_ends_in(status) for status in ("ERROR", "FAILED", "UPGRADE_FAILED")),
    *(_is_in(status) for status in ("ERROR", "FAILED", "UPGRADE_FAILED")),
    fault(
        4,
        "UPDATING for ever",
        "time out clearly; the next run continues",
        put("never_ends"),
        writes=_timed_out("it is UPDATING and does not show the new values yet"),
        refresh=shown(faults=(becomes("UPDATING"),)),
    ),
    _lost("the accepted update is lost after a while", at_once=False),
    _lost("the accepted update is lost at once", at_once=True),
    fault(
        6,
        "one leaf is ignored",
        "time out and name it; no loop of PATCHes",
        put("leaf", path="oidc.groupsPrefix"),
        create=_timed_out(
            "groupsPrefix: unset on the cluster, 'new:' wanted",
            live="as wanted",
            but={"groupsPrefix": None},
            then="adopt",
        ),
        update=_timed_out(
            "groupsPrefix: 'old:' on the cluster, 'new:' wanted",
            live="as wanted",
            but={"groupsPrefix": "old:"},
            then="refresh",
        ),
        delete=_timed_out(
            "groupsPrefix: 'old:' on the cluster, unset wanted",
            live="as wanted",
            but={"groupsPrefix": "old:"},
            then="refresh",
        ),
    ),
    fault(
        6,
        "the issuer is stored with a slash at its end",
        "a clear error; no loop of PATCHes",
        *_stored_as("issuerUrl", f"{NEW['issuerUrl']}/"),
        create=_timed_out(
            _SLASH, live="as wanted", but={"issuerUrl": f"{NEW['issuerUrl']}/"}, then="adopt"
        ),
        update=_timed_out(
            _SLASH, live="as wanted", but={"issuerUrl": f"{NEW['issuerUrl']}/"}, then="refresh"
        ),
        delete=_timed_out(
            _SLASH,
            live="as wanted",
            but={"issuerUrl": f"{BEFORE['issuerUrl']}/"},
            then="refresh",
            faults=_stored_as("issuerUrl", f"{BEFORE['issuerUrl']}/"),
        ),
        clear=done(faults=()),
    ),
    _respelled("the CA's text and order are stored otherwise", "ca", RESPELLED_CA),
    _respelled("an algorithm is stored twice", "signingAlgorithms", [*ALGORITHMS, *ALGORITHMS]),
    fault(
        6,
        "an algorithm is dropped",
        "a clear error; no loop of PATCHes",
        *_stored_as("signingAlgorithms", None),
        create=_timed_out(
            _DROPPED, live="as wanted", but={"signingAlgorithms": None}, then="adopt"
        ),
        update=_timed_out(
            _DROPPED, live="as wanted", but={"signingAlgorithms": None}, then="refresh"
        ),
        delete=_timed_out(
            _DROPPED, live="as wanted", but={"signingAlgorithms": None}, then="refresh"
        ),
        clear=done(),
    ),
    *(
        fault(
            7,
            f"two PATCHes are refused as busy ({how})",
            "wait, read, compare, PATCH once more",
            put("busy", code=code, times=2),
            writes=done(3, seconds=(UPDATE_SECONDS, UPDATE_SECONDS + 5)),
        )
        for code, how in ((9, "400 with code 9"), (10, "409 with code 10"))
    ),
    fault(
        7,
        "the cluster is UPDATING when we come, for a while",
        "wait, read, compare, PATCH once",
        becomes("UPDATING"),
        becomes("RUNNING", skip=8),
        writes=done(seconds=(UPDATE_SECONDS + 1, UPDATE_SECONDS + 5)),
        refresh=shown(faults=(becomes("UPDATING"),)),
    ),
    fault(
        7,
        "somebody else's update begins between GET and PATCH",
        "wait, read, compare, PATCH anew",
        becomes("UPDATING", "PATCH"),
        becomes("RUNNING", skip=8),
        writes=done(2, seconds=(UPDATE_SECONDS + 1, UPDATE_SECONDS + 5)),
    ),
    fault(
        8,
        "every PATCH is refused as busy, though the cluster is RUNNING",
        "stop after few attempts",
        put("busy", times=None),
        writes=stops(
            ConflictError,
            "the cluster is busy or refuses the change: look at its state in the console",
            sent=5,
            seconds=(5, 10),
        ),
    ),
)
