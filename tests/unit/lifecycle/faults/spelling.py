"""F18 to F22: the same truth in other words."""

from __future__ import annotations

from cks_components.api.errors import ForbiddenError, WaitTimeoutError
from tests.unit.lifecycle.faults.fault import (
    AT_THE_LIMIT,
    UPDATE_SECONDS,
    Fault,
    Put,
    done,
    fault,
    put,
    shown,
    stops,
)


def _odd_status(status: str | int, name: str) -> tuple[Fault, Fault]:
    return (
        fault(
            19,
            f"the status is {name}, for five reads",
            "tolerate it within the limit",
            put("shown_status", status=status, times=5),
        ),
        fault(
            19,
            f"the status is {name}, for ever",
            "time out and name it",
            put("shown_status", status=status, times=None),
            writes=stops(
                WaitTimeoutError,
                f"it is {name} and does not take a change yet",
                seconds=AT_THE_LIMIT,
            ),
        ),
    )


def _refused(style: str, title: str, says: str) -> Fault:
    """A permanent refusal whose error object looks otherwise."""

    def met(method: str) -> tuple[Put, Put]:
        refusal = put("refusal", method=method, code=7, message="not yours", times=None)
        return refusal, put("connect_errors", style=style, times=None)

    return fault(
        21,
        title,
        "still one good message",
        *met("PATCH"),
        writes=stops(ForbiddenError, f"{says}; give the token's owner the role CKS Admin", sent=1),
        refresh=stops(
            ForbiddenError,
            f"{says}; give the token's owner the role CKS Viewer",
            faults=met("GET"),
        ),
    )


SPELLING = (
    *(
        fault(
            18,
            f"unset values are {how}",
            "see no difference",
            put("unset_as", spelling=spelling, times=None),
        )
        for spelling, how in (
            ("absent", "absent"),
            ("null", "null"),
            ("empty", '"", [] and {}'),
        )
    ),
    fault(
        19,
        "status and algorithms are numbers",
        "map them",
        put("numbers", times=None),
    ),
    *_odd_status("STATUS_REORGANISING", "REORGANISING"),
    *_odd_status(42, "42"),
    fault(
        20,
        "unknown fields, shuffled keys, odd spacing, nine digits, no timestamp",
        "ignore them",
        put("noise", times=None),
    ),
    fault(
        21,
        "busy in the style of Connect",
        "know it all the same",
        put("busy"),
        put("connect_errors", style="connect", times=None),
        writes=done(2, seconds=(UPDATE_SECONDS, UPDATE_SECONDS + 3)),
        refresh=shown(
            faults=(
                put("refusal", method="GET", code=14),
                put("connect_errors", style="connect", times=None),
            )
        ),
    ),
    _refused("connect", "a refusal in the style of Connect", 'answered 403 "not yours"'),
    _refused("unknown", "details of unknown types", 'answered 403 "not yours"'),
    _refused("empty", "an empty error body", 'answered 403 "an empty body"'),
    fault(
        22,
        "a tolerant decoder drops what it does not know",
        "never have sent such a thing",
        put("tolerant", times=None),
    ),
)
