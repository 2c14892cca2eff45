"""What kube-apiserver answers to requests for tokens and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from cks_components.api.errors import redact


@dataclass(frozen=True)
class Secret:
    """A Secret that tokens are bound to; a recreated one has another uid.

    Attributes:
        made_at: when, to the second, by the server's clock; None where it was not listed.
    """

    name: str
    uid: str
    made_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Minted:
    """A token as the server granted it; `lifetime_seconds` may be less than was asked for."""

    token: str = field(repr=False)
    expires_at: datetime
    lifetime_seconds: int


@dataclass(frozen=True)
class Review:
    """What a server says of a token: empty reason if it accepts it, and then as whom."""

    reason: str
    username: str = ""
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, status: Mapping[str, Any]) -> Self:
        """Read the status of a TokenReview."""
        if not status.get("authenticated"):
            return cls(redact(str(status.get("error") or "the API server does not accept it")))
        user = status.get("user") or {}
        groups = tuple(map(str, user.get("groups") or ()))
        return cls("", str(user.get("username") or ""), groups)


@dataclass(frozen=True, kw_only=True)
class AccessReview:
    """What a cluster's authorizers decide about a request.

    Attributes:
        reason: the server's words; may be empty.
        problem: why an authorizer could not decide; empty if all could.
    """

    is_allowed: bool
    reason: str = ""
    problem: str = ""

    @classmethod
    def of(cls, status: Mapping[str, Any]) -> Self:
        """Read the status of a SubjectAccessReview."""
        return cls(
            is_allowed=status.get("allowed") is True,
            reason=str(status.get("reason") or ""),
            problem=str(status.get("evaluationError") or ""),
        )
