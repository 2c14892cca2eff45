"""What the API says when it refuses: the error object, its codes and its details."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# gRPC code: (HTTP status of the standard transcoding, name in the Connect protocol)
CODES = {
    1: (499, "canceled"),
    2: (500, "unknown"),
    3: (400, "invalid_argument"),
    4: (504, "deadline_exceeded"),
    5: (404, "not_found"),
    6: (409, "already_exists"),
    7: (403, "permission_denied"),
    8: (429, "resource_exhausted"),
    9: (400, "failed_precondition"),
    10: (409, "aborted"),
    11: (400, "out_of_range"),
    12: (501, "unimplemented"),
    13: (500, "internal"),
    14: (503, "unavailable"),
    15: (500, "data_loss"),
    16: (401, "unauthenticated"),
}

Violation = tuple[str, str]


class RefusalError(Exception):
    """The request is refused with a code, a message and perhaps details."""

    def __init__(self, code: int, message: str, *details: dict[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.details = list(details)

    @property
    def status(self) -> int:
        """The HTTP status that the code becomes."""
        return CODES[self.code][0]

    @property
    def body(self) -> dict[str, Any]:
        """The error object."""
        return {"code": self.code, "message": str(self), "details": self.details}


def invalid(violations: Sequence[Violation]) -> RefusalError:
    """Code 3 with each violated rule; a path is in snake_case."""
    text = "; ".join(f"{path}: {reason}" for path, reason in violations)
    fields = [{"field": path, "description": reason} for path, reason in violations]
    return RefusalError(
        3,
        f"validation error: {text}",
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": fields},
    )


def busy(cluster_id: str, status: object, code: int = 9) -> RefusalError:
    """The cluster is not RUNNING; code 9 names it in a PreconditionFailure, code 10 does not."""
    text = f"cluster is not running: {status}"
    detail = {
        "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
        "violations": [{"type": "STATUS", "subject": cluster_id, "description": text}],
    }
    return RefusalError(code, text, *([detail] if code == 9 else []))
