"""The webhook as a server sees it: two paths, a mode for each, and a log of the reviews."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.api.emulator import Answer, Request, json_answer
from lab.webhook.reviews import Mode, authentication_status, authorization_status

HOST = "hook.cks-lab.example"
URL = f"https://{HOST}"
_Status = Callable[[Mapping[str, Any], Mode], dict[str, Any]]
# service, which is its path too: (the kind of review that it answers, what it says)
_SERVICES: Mapping[str, tuple[str, _Status]] = {
    "authn": ("TokenReview", authentication_status),
    "authz": ("SubjectAccessReview", authorization_status),
}
_ANSWERS = {
    Mode.BROKEN: Answer(500, b"the webhook is broken\n", {"content-type": "text/plain"}),
    Mode.DOWN: Answer(0, b"", cut=True),
    Mode.NOT_JSON: Answer(200, b"<h1>Welcome</h1>", {"content-type": "text/html"}),
}


@dataclass(frozen=True)
class Review:
    """A review as the log keeps it, with a fingerprint in the place of a token.

    `status` is None and `code` is that of HTTP where the webhook said nothing about the review.
    """

    service: str
    api_version: str
    spec: Mapping[str, Any]
    code: int
    status: Mapping[str, Any] | None


def fingerprint(token: str) -> str:
    """What the log shows of a token: enough to find one's own."""
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()[:12]}"


class Hook:
    """Both services; answers from any thread, in the version of the API that it is asked in."""

    def __init__(self) -> None:
        self._modes = dict.fromkeys(_SERVICES, Mode.OK)
        self._reviews: list[Review] = []

    def set_mode(self, service: str, mode: Mode) -> None:
        """Let "authn" or "authz" behave like this from now on.

        Raises:
            KeyError: there is no such service.
        """
        if service not in self._modes:
            raise KeyError(service)
        self._modes[service] = mode

    def reviews(self) -> list[Review]:
        """Every review so far, in order."""
        return list(self._reviews)

    def clear_reviews(self) -> None:
        """Forget every review so far."""
        self._reviews.clear()

    def answer(self, request: Request) -> Answer:
        """Answer one review; 400 is for what is none of the kind that the path is for."""
        service = request.path.partition("?")[0].strip("/")
        if service not in _SERVICES:
            return Answer(404, b"404 page not found\n", {"content-type": "text/plain"})
        kind, status_of = _SERVICES[service]
        asked = _review_in(request.body, kind)
        if request.method != "POST" or asked is None:
            return Answer(400, f"only a {kind}\n".encode(), {"content-type": "text/plain"})
        mode = self._modes[service]
        status = None if mode in _ANSWERS else status_of(asked["spec"], mode)
        answer = _ANSWERS.get(mode) or json_answer(
            {"apiVersion": asked["apiVersion"], "kind": kind, "status": status}
        )
        spec = _without_token(asked["spec"])
        self._reviews.append(Review(service, asked["apiVersion"], spec, answer.status, status))
        return answer


def _review_in(body: bytes, kind: str) -> dict[str, Any] | None:
    try:
        review = json.loads(body)
    except ValueError:
        return None
    is_one = (
        isinstance(review, dict)
        and review.get("kind") == kind
        and isinstance(review.get("apiVersion"), str)
        and isinstance(review.get("spec"), dict)
    )
    return review if is_one else None


def _without_token(spec: dict[str, Any]) -> dict[str, Any]:
    return spec | {"token": fingerprint(str(spec["token"]))} if "token" in spec else spec
