"""What the webhook says of a token and of a wish: pure answers to the two kinds of review."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Mode(StrEnum):
    """How one of the two services behaves.

    A mode without an answer of its own is a matter of the server.
    """

    OK = "ok"
    REFUSE = "refuse"  # accepts no token; has no opinion about anybody
    DENY_ALL = "deny-all"  # accepts no token; denies everybody
    BROKEN = "broken"  # 500
    DOWN = "down"  # the connection ends without an answer
    NOT_JSON = "not-json"  # 200 with a page


DAVE = "hook:dave"
MALLORY = "hook:mallory"
# The opaque token of each user. A dot and anything may follow it: kube-apiserver remembers what it
# was told about a token, so whoever wants to be asked about anew brings another one.
_USERS: Mapping[str, Mapping[str, Any]] = {
    "cks-lab-dave": {
        "username": DAVE,
        "uid": "42",
        "groups": ["hook:on-call"],
        "extra": {"example.com/team": ["blue"]},
    },
    "cks-lab-mallory": {"username": MALLORY},
}
_ALLOWED = {"verb": "list", "group": "", "resource": "nodes"}


def token_of(username: str, occasion: str) -> str:
    """A token of a user that was not seen before, if the occasion is new."""
    return next(f"{t}.{occasion}" for t, user in _USERS.items() if user["username"] == username)


def authentication_status(spec: Mapping[str, Any], mode: Mode) -> dict[str, Any]:
    """The status of a TokenReview with this spec."""
    user = _USERS.get(str(spec.get("token")).partition(".")[0])
    if mode is Mode.OK and user:
        return {"authenticated": True, "user": dict(user)}
    why = "unknown token" if mode is Mode.OK else "no token is accepted today"
    return {"authenticated": False, "error": why}


def authorization_status(spec: Mapping[str, Any], mode: Mode) -> dict[str, Any]:
    """The status of a SubjectAccessReview: dave may list nodes, mallory is denied everything."""
    if mode is Mode.DENY_ALL or (mode is Mode.OK and spec.get("user") == MALLORY):
        return {"allowed": False, "denied": True, "reason": "barred by the webhook"}
    asked = spec.get("resourceAttributes") or {}
    wanted = {name: asked.get(name, "") for name in _ALLOWED}
    if mode is Mode.OK and spec.get("user") == DAVE and wanted == _ALLOWED:
        return {"allowed": True, "reason": "on call"}
    return {"allowed": False, "reason": "not on call"}
