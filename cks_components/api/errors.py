"""Every error of this package, as one tree.

CksError                     anything this package reports
├─ SettingsError             the stack file or the environment is wrong  .findings, all of them
├─ NoAnswerError             no HTTP answer after the last try           .processed
├─ UnexpectedAnswerError     an answer that is not the API's             .status .garbled
├─ ApiError                  status >= 400                               .status .code .message .request_id
│  ├─ InvalidRequestError    400, 422                                    .violations
│  ├─ UnauthenticatedError   401
│  ├─ ForbiddenError         403
│  ├─ NotFoundError          404 in the API's own JSON
│  ├─ ConflictError          409, or 400 with code 9
│  ├─ RateLimitedError       429                                         .retry_after
│  └─ ServerError            5xx                                         .retry_after
├─ GoneError                 the cluster does not exist any more
├─ RefusedError              not sent: a foreign block, drift           .differences
└─ WaitError                 accepted, but the cluster did not settle    .cluster_id .last_status
   ├─ ClusterFailedError
   └─ WaitTimeoutError       .waited
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SHOWN_CHARACTERS = 256
_CREDENTIALS = re.compile(
    r"(?i)(bearer\s+)(?!token\b)\S+|(authorization\W+)[^\s,;\"']+(\s+[^\s,;\"']+)?|CW-SECRET-[\w.~+/=-]+"
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"
)

_JWTS = re.compile(r"eyJ[\w-]{10,}(\.[\w-]*)*")
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
"""How OpenSSL calls it, in the text of an error of the HTTP library."""

_CODES = {
    "invalid_argument": 3,
    "deadline_exceeded": 4,
    "not_found": 5,
    "already_exists": 6,
    "permission_denied": 7,
    "resource_exhausted": 8,
    "failed_precondition": 9,
    "aborted": 10,
    "out_of_range": 11,
    "unimplemented": 12,
    "internal": 13,
    "unavailable": 14,
    "data_loss": 15,
    "unauthenticated": 16,
}
FAILED_PRECONDITION = 9


class CksError(Exception):
    """Anything this package reports; its text is one message that stands alone."""


class SettingsError(CksError):
    """The stack file, the arguments or the environment are wrong; nothing was sent."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = tuple(findings)


class NoAnswerError(CksError):
    """No HTTP answer came back.

    `processed` is False when the request certainly did not reach the server (no connection);
    `retry` is False when trying again cannot help (TLS, a host name that does not exist).
    """

    def __init__(self, message: str, *, processed: bool | None, retry: bool) -> None:
        super().__init__(message)
        self.processed = processed
        self.retry = retry


class UnexpectedAnswerError(CksError):
    """An answer that is not the CKS API's: HTML, not JSON, a redirect, a missing key.

    `garbled` is True for a 200 with an invalid body; a retry may return a valid one.
    """

    def __init__(self, message: str, *, status: int, garbled: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.garbled = garbled


class ApiError(CksError):
    """The API answered with a status of 400 or more."""

    def __init__(
        self,
        text: str,
        *,
        status: int,
        code: int | None,
        message: str,
        request_id: str | None = None,
        violations: Mapping[str, str] | None = None,
        retry_after: str | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        self.violations = dict(violations or {})
        self.retry_after = retry_after


class InvalidRequestError(ApiError):
    """400 or 422: the request breaks a rule; `violations` maps a field to its reason."""


class UnauthenticatedError(ApiError):
    """401: the token is missing, expired or revoked."""


class ForbiddenError(ApiError):
    """403: the token's owner lacks the role."""


class NotFoundError(ApiError):
    """404 in the API's own JSON: the cluster is gone, or not visible to this token."""


class ConflictError(ApiError):
    """409, or 400 with code 9: busy or refused; a fresh GET decides which."""


class RateLimitedError(ApiError):
    """429: not processed."""


class ServerError(ApiError):
    """5xx: whether a write was processed is unknown."""


class GoneError(CksError):
    """The cluster does not exist any more: confirmed, not guessed from one 404."""


class RefusedError(CksError):
    """The change was refused, because another owner's configuration would be lost."""

    def __init__(self, message: str, *, differences: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.differences = tuple(differences)


class WaitError(CksError):
    """The change was accepted, but the cluster did not settle."""

    def __init__(self, message: str, *, cluster_id: str, last_status: str) -> None:
        super().__init__(message)
        self.cluster_id = cluster_id
        self.last_status = last_status


class ClusterFailedError(WaitError):
    """The cluster is in a state that waiting does not change."""


class WaitTimeoutError(WaitError):
    """The time limit passed; the next run continues where this one stopped."""

    def __init__(self, message: str, *, cluster_id: str, last_status: str, waited: float) -> None:
        super().__init__(message, cluster_id=cluster_id, last_status=last_status)
        self.waited = waited


def without_tokens(text: str) -> str:
    """Remove JWTs, whole or in part, from a text that may repeat what somebody typed."""
    return _JWTS.sub("[token]", text)


def redact(text: str) -> str:
    """Remove credentials from text of other programs, and shorten it to fit a message."""
    clean = _CREDENTIALS.sub("[redacted]", " ".join(text.split()))
    return clean if len(clean) <= _SHOWN_CHARACTERS else f"{clean[:_SHOWN_CHARACTERS]}…"


def certificate_problem(error: Exception) -> str:
    """Why a server's certificate is not trusted, by an error of the HTTP library.

    Empty if the error has another reason.
    """
    text = str(error)
    return redact(text.rpartition("failed: ")[2]) if _UNTRUSTED in text else ""


@dataclass(frozen=True)
class Server:
    """How messages name a server.

    Attributes:
        name: as in "not from the CKS API".
        check: what to check if another server answered.
        advice: what to do about a kind of refusal; the second argument says whether the request
            was a write.
    """

    name: str
    check: str
    advice: Callable[[type[ApiError], bool], str]


def error_from_response(
    attempt: str,
    *,
    status: int,
    headers: Mapping[str, str],
    text: str,
    writing: bool,
    server: Server,
) -> CksError:
    """Make the error for an answer with a status of 300 or more.

    Args:
        attempt: what was attempted, as the beginning of a sentence ("read cluster …").
        status: the HTTP status.
        headers: the answer's headers, with lower-case names.
        text: the answer's body.
        writing: whether the request was a write; decides which role the message names.
        server: the server that was asked.
    """
    request_id = next((v for k, v in headers.items() if k.lower().endswith("request-id")), None)
    suffix = f" (request {redact(request_id)})" if request_id else ""
    if 300 <= status < 400:
        return UnexpectedAnswerError(
            f"cannot {attempt}: the answer was a redirect ({status}){suffix}, which is never followed "
            f"because the token is sent to no other address; {server.check}",
            status=status,
        )
    body = _parsed(text)
    code = _code(body)
    message = redact(str(body.get("message") or body.get("error") or text)) or "an empty body"
    is_api = isinstance(body.get("message"), str) or code is not None
    if status == 404 and not is_api:
        return UnexpectedAnswerError(
            f"cannot {attempt}: 404 came back, but not from {server.name} ({message!r}){suffix}; "
            f"{server.check} (this does not mean that the cluster was deleted)",
            status=status,
        )
    violations = _violations(body)
    shown = "; ".join(f"{k}: {v}" for k, v in violations.items())
    detail = f"{message} ({shown})" if shown and shown not in message else message
    kind = _kind(status, code)
    return kind(
        f'cannot {attempt}: the API answered {status} "{detail}"{suffix}; '
        f"{server.advice(kind, writing)}",
        status=status,
        code=code,
        message=message,
        request_id=request_id,
        violations=violations,
        retry_after=headers.get("retry-after"),
    )


def _parsed(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _code(body: Mapping[str, Any]) -> int | None:
    code = body.get("code")
    return code if isinstance(code, int) else _CODES.get(str(code).lower())


def _kind(status: int, code: int | None) -> type[ApiError]:
    if status == 409 or (status == 400 and code == FAILED_PRECONDITION):
        return ConflictError
    exact = {
        401: UnauthenticatedError,
        403: ForbiddenError,
        404: NotFoundError,
        429: RateLimitedError,
    }
    if status in exact:
        return exact[status]
    return ServerError if status >= 500 else InvalidRequestError


def _violations(body: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for detail in body.get("details") or []:
        if not isinstance(detail, dict):
            continue
        debug = detail.get("debug")
        source = {**(debug if isinstance(debug, dict) else {}), **detail}
        for item in [*(source.get("fieldViolations") or []), *(source.get("violations") or [])]:
            if isinstance(item, dict):
                field = str(item.get("field") or item.get("subject") or item.get("type") or "")
                camel = re.sub(r"_([a-z])", lambda m: m[1].upper(), field)
                found[camel] = redact(str(item.get("description") or ""))
    return found
