"""F14 to F17: a cluster that is not there, or not as it was, and other people at work on it."""

from __future__ import annotations

from cks_components.api.errors import (
    ClusterFailedError,
    GoneError,
    NotFoundError,
    RefusedError,
    UnexpectedAnswerError,
    WaitError,
    WaitTimeoutError,
)
from lab.api import fleet
from tests.unit.lifecycle.faults.blocks import OLD, THEIRS
from tests.unit.lifecycle.faults.fault import (
    AT_THE_LIMIT,
    NEW_ID,
    UPDATE_SECONDS,
    Cell,
    Fault,
    Put,
    WayOut,
    becomes,
    done,
    fault,
    outside,
    put,
    shown,
    stops,
)

_ID = fleet.CONTROL_PLANE
_SURE = "is gone: two reads returned 404 and the list of clusters does not show it"
_SHOWN_AS_DELETED = "is gone: the API shows it as DELETED"
_NOT_VISIBLE = "does not exist, or this token cannot see it: two reads returned 404 and the list of clusters does not show it"
_DROPPED = shown(live="gone", says=_SURE)
_LEFT = done(0, accepted=0, live="gone", says=_SURE)
_IN_THE_STATE = "clientId: 'theirs' on the cluster, 'cks' in the state"
_HOOK = {"authnWebhook": {"server": "https://hook.elsewhere.example"}}
_UPGRADED = {"version": "v1.37"}


def _gone(sent: int = 0, accepted: int = 0, says: str = _SURE, then: WayOut = "nothing") -> Cell:
    return stops(GoneError, says, sent=sent, accepted=accepted, live="gone", then=then)


def _deleted_meanwhile(title: str, *acts: Put, accepted: int, says: str = _SURE) -> Fault:
    return fault(
        15,
        title,
        "gone is a successful delete; else explain",
        *acts,
        writes=_gone(1, accepted, says),
        delete=done(1, accepted=accepted, live="gone", says=says),
    )


PRESENCE = (
    fault(
        14,
        "404 for the cluster once, then it is there",
        "not drop the state",
        put("refusal", method="GET", target=_ID, code=5),
    ),
    fault(
        14,
        "404 once, in the middle of the wait",
        "keep waiting",
        put("refusal", method="GET", target=_ID, code=5, skip=2),
    ),
    fault(
        14,
        "404 for the cluster for ever, but the list has it",
        "not drop the state, not call it deleted",
        put("refusal", method="GET", target=_ID, code=5, times=None),
        writes=stops(NotFoundError, "the cluster is gone or not visible to this token"),
        refresh=stops(NotFoundError, "the cluster is gone or not visible to this token"),
    ),
    fault(
        14,
        "404 for the PATCH, but the cluster is there",
        "stop, not call it deleted",
        put("refusal", method="PATCH", target=_ID, code=5),
        writes=stops(NotFoundError, "the cluster is gone or not visible to this token", sent=1),
    ),
    fault(
        14,
        "404 that is not the API's (a proxy, a wrong address)",
        "not drop the state, not call it deleted",
        put("text", status=404, body="404 page not found", times=None),
        writes=stops(UnexpectedAnswerError, "this does not mean that the cluster was deleted"),
        refresh=stops(UnexpectedAnswerError, "this does not mean that the cluster was deleted"),
    ),
    fault(
        14,
        "the list lacks the cluster, but it is there by id",
        "not drop the state",
        put("hidden", cluster=_ID, times=None),
    ),
    fault(
        15,
        "the cluster was deleted",
        "gone is a successful delete; else explain",
        outside(remove=True),
        create=_gone(says=_NOT_VISIBLE),
        update=_gone(),
        refresh=_DROPPED,
        delete=_LEFT,
    ),
    _deleted_meanwhile(
        "the cluster is deleted between GET and PATCH", outside("PATCH", remove=True), accepted=0
    ),
    _deleted_meanwhile(
        "the cluster is deleted in the middle of the wait",
        outside(skip=2, remove=True),
        accepted=1,
    ),
    fault(
        15,
        "the cluster is DELETING",
        "refuse: it is being deleted",
        becomes("DELETING"),
        writes=stops(
            ClusterFailedError,
            "a cluster that is being deleted takes no changes; remove it from the stack file",
            then="nothing",
            seconds=(0, 0),
        ),
    ),
    fault(
        15,
        "the cluster is DELETED, but still shown",
        "gone is a successful delete; else explain",
        becomes("DELETED"),
        writes=_gone(says=_SHOWN_AS_DELETED),
        refresh=shown(live="gone", says=_SHOWN_AS_DELETED),
        delete=done(0, accepted=0, live="gone", says=_SHOWN_AS_DELETED),
    ),
    _deleted_meanwhile(
        "the cluster is DELETED in the middle of the wait, but still shown",
        put("never_ends"),
        becomes("DELETED", skip=2),
        accepted=1,
        says=_SHOWN_AS_DELETED,
    ),
    fault(
        15,
        "the cluster was recreated under its name, with another id",
        "explain, not follow",
        outside(recreate=NEW_ID),
        create=_gone(says=_NOT_VISIBLE, then="new id"),
        update=_gone(says=f"exists under another id, {NEW_ID}", then="new id"),
        refresh=shown(live="gone", says=f"exists under another id, {NEW_ID}"),
        delete=done(0, accepted=0, live="gone", says=f"exists under another id, {NEW_ID}"),
    ),
)


def _untouched(title: str, act: Put) -> Fault:
    """Somebody else's change of what is not ours stays, and does not disturb."""
    return fault(16, title, "leave it untouched", act)


def _loud(number: int, title: str, act: Put, says: str) -> Fault:
    """What the PATCH must not change is not what it was."""
    return fault(
        number,
        title,
        "stop loudly, change nothing more",
        act,
        writes=stops(
            WaitError,
            says,
            sent=1,
            accepted=1,
            live="as wanted",
            seconds=(UPDATE_SECONDS, UPDATE_SECONDS + 1.5),
        ),
    )


WRITERS = (
    fault(
        16,
        "another writer changed the block since we last saw it",
        "refuse, name the fields and both values",
        outside(change={"oidc": THEIRS}),
        create=stops(
            RefusedError,
            "clientId: 'theirs' on the cluster, 'cks' wanted",
            live="theirs",
            then="adopt",
            seconds=(0, 0),
        ),
        update=stops(RefusedError, _IN_THE_STATE, live="theirs", then="refresh", seconds=(0, 0)),
        refresh=shown(live="theirs"),
        delete=stops(RefusedError, _IN_THE_STATE, live="theirs", then="refresh", seconds=(0, 0)),
    ),
    fault(
        16,
        "another writer changes the same leaf between GET and PATCH",
        "the last one wins: the API has no etag",
        outside("PATCH", change={"oidc": OLD | {"groupsPrefix": "theirs:"}}),
    ),
    fault(
        16,
        "another writer sets another leaf of the block between GET and PATCH",
        "not destroy it; time out and name it",
        outside("PATCH", change={"oidc": OLD | {"usernameClaim": "email"}}),
        writes=stops(
            WaitTimeoutError,
            "usernameClaim: 'email' on the cluster, unset wanted",
            sent=1,
            accepted=1,
            live="as wanted",
            but={"usernameClaim": "email"},
            then="refresh",
            seconds=AT_THE_LIMIT,
        ),
        create=stops(
            WaitTimeoutError,
            "usernameClaim: 'email' on the cluster, unset wanted",
            sent=1,
            accepted=1,
            live="as wanted",
            but={"usernameClaim": "email"},
            then="adopt",
            seconds=AT_THE_LIMIT,
        ),
        clear=done(),
    ),
    _untouched("another writer sets a webhook before us", outside(change=_HOOK)),
    _untouched(
        "another writer sets a webhook between GET and PATCH", outside("PATCH", change=_HOOK)
    ),
    _loud(
        16,
        "another writer makes the cluster private between GET and PATCH",
        outside("PATCH", change={"public": False}),
        "public changed from True to False meanwhile",
    ),
    fault(
        17,
        "the version is upgraded between GET and PATCH",
        "read again, PATCH with the new version; nothing undone",
        outside("PATCH", change=_UPGRADED),
        writes=done(2),
    ),
    fault(
        17,
        "the cluster is UPGRADING when we come",
        "wait, then repeat the new version",
        becomes("UPGRADING"),
        becomes("RUNNING", skip=8, **_UPGRADED),
        writes=done(seconds=(UPDATE_SECONDS + 1, UPDATE_SECONDS + 5)),
        refresh=shown(faults=(becomes("UPGRADING"),)),
    ),
    fault(
        17,
        "an upgrade begins between GET and PATCH",
        "wait, then PATCH anew with the new version",
        becomes("UPGRADING", "PATCH"),
        becomes("RUNNING", skip=8, **_UPGRADED),
        writes=done(2, seconds=(UPDATE_SECONDS + 1, UPDATE_SECONDS + 5)),
    ),
    _loud(
        17,
        "the version is upgraded while we wait",
        outside(skip=2, change=_UPGRADED),
        "version changed from 'v1.36' to 'v1.37' meanwhile",
    ),
)
