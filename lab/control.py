"""The control of a whole lab on one port: the emulator's, the webhook's and the issuer's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lab.api.control import Control, ControlSurface, LabClock
from lab.api.emulator import Emulator
from lab.control_plane import Followed
from lab.issuer.provider import Issuer
from lab.webhook.hook import Hook, Review
from lab.webhook.reviews import Mode


class LabSurface(ControlSurface):
    """The emulator's control surface, and what the other parts of a lab let one do.

    Args:
        emulator: as for `ControlSurface`.
        clock: the emulator's.
        hook: its modes are set and its reviews are read here.
        issuer: mints tokens.
        followed: what kube-apiserver runs with.
    """

    def __init__(
        self,
        emulator: Emulator,
        clock: LabClock,
        *,
        hook: Hook,
        issuer: Issuer,
        followed: Callable[[], Followed | None],
    ) -> None:
        super().__init__(emulator, clock)
        self._hook = hook
        self._issuer = issuer
        self._followed = followed

    def _do(self, method: str, name: str, part: str = "", *, body: dict[str, Any]) -> Any:
        match method, name, bool(part):
            case "PUT", "webhook", True:
                return self._hook.set_mode(part, Mode(body["mode"]))
            case "GET", "reviews", False:
                return [asdict(review) for review in self._hook.reviews()]
            case "DELETE", "reviews", False:
                return self._hook.clear_reviews()
            case "POST", "tokens", False:
                return self._issuer.mint(**body)
            case "GET", "control-plane", False:
                followed = self._followed()
                return followed and asdict(followed)
        return super()._do(method, name, part, body=body)


class LabControl(Control):
    """A client of a lab's control surface."""

    def set_webhook(self, service: str, mode: Mode) -> None:
        """Let the webhook's "authn" or "authz" behave like this from now on."""
        self._call("PUT", f"/webhook/{service}", {"mode": mode})

    def reviews(self, service: str) -> list[Review]:
        """The reviews that a service of the webhook got since the last clearing."""
        found = [Review(**review) for review in self._call("GET", "/reviews")]
        return [review for review in found if review.service == service]

    def clear_reviews(self) -> None:
        """Forget every review so far."""
        self._call("DELETE", "/reviews")

    def mint(
        self,
        email: str,
        *,
        claims: Mapping[str, Any] | None = None,
        without: Sequence[str] = (),
        header: Mapping[str, Any] | None = None,
    ) -> str:
        """Make an ID token of the lab's issuer, as `lab.issuer.provider.Issuer.mint` has it."""
        wish = {"email": email, "claims": claims, "without": list(without), "header": header}
        token: str = self._call("POST", "/tokens", wish)
        return token

    def followed(self) -> Followed | None:
        """What kube-apiserver runs with; None while it starts."""
        found = self._call("GET", "/control-plane")
        return found and Followed(**found)
