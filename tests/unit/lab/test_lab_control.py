"""The control surface of a whole lab, asked without a server."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lab.api import fleet
from lab.api.control import LabClock
from lab.api.emulator import Answer, Emulator, Request
from lab.control import LabSurface
from lab.control_plane import Followed
from lab.issuer.provider import Issuer
from lab.webhook.hook import Hook
from lab.webhook.reviews import Mode


class Surface:
    """The surface, and the parts that it is made of."""

    def __init__(self) -> None:
        self.hook = Hook()
        self.followed: Followed | None = None
        clock = LabClock(lambda: 0.0)
        emulator = Emulator(fleet.clusters(), token="CW-SECRET-" + "unit", clock=clock)
        self._surface = LabSurface(
            emulator, clock, hook=self.hook, issuer=Issuer(), followed=lambda: self.followed
        )

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        raw = b"" if body is None else json.dumps(body).encode()
        return self._surface.answer(Request(method, path, {}, raw))

    def mint(self, **wish: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a new token."""
        answer = self.ask("POST", "/tokens", {"email": "alice@example.com"} | wish)
        header, claims, _signature = json.loads(answer.body).split(".")
        return _decoded(header), _decoded(claims)


def _decoded(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


@pytest.fixture
def surface() -> Surface:
    return Surface()


def test_what_the_emulator_offers_is_there_too(surface: Surface) -> None:
    clusters = json.loads(surface.ask("GET", "/clusters").body)

    assert len(clusters) == len(fleet.clusters())


def test_a_mode_is_set_for_one_service(surface: Surface) -> None:
    assert surface.ask("PUT", "/webhook/authz", {"mode": "broken"}).status == 200

    review = {"apiVersion": "x/v1", "kind": "SubjectAccessReview", "spec": {}}
    request = Request("POST", "/authz", {}, json.dumps(review).encode())
    assert surface.hook.answer(request).status == 500
    (logged,) = json.loads(surface.ask("GET", "/reviews").body)
    assert (logged["service"], logged["code"]) == ("authz", 500)
    surface.ask("DELETE", "/reviews")
    assert surface.hook.reviews() == []


@pytest.mark.parametrize(
    ("path", "mode", "code"),
    [("/webhook/authz", "moody", 400), ("/webhook/nothing", Mode.OK, 404), ("/webhook", "ok", 404)],
    ids=["no such mode", "no such service", "no service"],
)
def test_a_wrong_mode_or_service_is_refused(
    surface: Surface, path: str, mode: str, code: int
) -> None:
    assert surface.ask("PUT", path, {"mode": mode}).status == code


def test_the_control_plane_says_what_it_runs_with(surface: Surface) -> None:
    assert surface.ask("GET", "/control-plane").body == b"null"

    surface.followed = Followed({"oidc": {"issuerUrl": "https://i"}}, "a problem")

    assert json.loads(surface.ask("GET", "/control-plane").body) == {
        "blocks": {"oidc": {"issuerUrl": "https://i"}},
        "problem": "a problem",
    }


def test_a_minted_token_has_the_usual_claims_but_for_the_odd_ones(surface: Surface) -> None:
    usual_header, usual = surface.mint()

    header, claims = surface.mint(claims={"groups": 7, "email": None}, without=["name"])

    assert header == usual_header == {"alg": "RS256", "typ": "JWT", "kid": "lab-1"}
    assert claims["groups"] == 7
    assert claims["email"] is None
    assert usual.keys() - claims.keys() == {"name"}


def test_a_given_header_is_the_whole_header(surface: Surface) -> None:
    header, _claims = surface.mint(header={"alg": "ES256"})

    assert header == {"alg": "ES256"}


def test_a_token_of_nobody_cannot_be_minted(surface: Surface) -> None:
    assert surface.ask("POST", "/tokens", {"email": "nobody@example.com"}).status == 404
    assert surface.ask("POST", "/tokens", {"emial": "alice@example.com"}).status == 400
