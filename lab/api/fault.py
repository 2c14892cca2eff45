"""Which requests a fault meets, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.api.emulator import CLUSTERS, WHOAMI, Answer, Emulator, Request


@dataclass(frozen=True)
class Call:
    """One request that a fault meets."""

    emulator: Emulator
    request: Request
    genuine: Callable[[], Answer]
    wanted: str = ""  # the target that the fault was given

    @property
    def target(self) -> str:
        """Whom the request is about: a cluster's id, "list", "whoami", or nothing known."""
        path = self.request.path.partition("?")[0]
        named = {CLUSTERS: "list", WHOAMI: "whoami"}
        return named.get(path) or path.removeprefix(CLUSTERS).strip("/")


Effect = Callable[[Call], Answer]


@dataclass
class Fault:
    """One effect on the requests that it concerns: after `skip` of them, `times` of them.

    Args:
        emulator: it stands before this one.
        effect: what answers instead.
        method: only this one; empty means any.
        target: a cluster's id, "list" or "whoami"; empty means any.
        times: None means for ever.
        skip: how many to let pass first.
        lists: whether a fault of one cluster concerns the list too, since it is in there.
    """

    emulator: Emulator
    effect: Effect
    method: str = ""
    target: str = ""
    times: int | None = 1
    skip: int = 0
    lists: bool = False

    def __call__(self, request: Request, genuine: Callable[[], Answer]) -> Answer | None:
        """Answer instead of the emulator, or not at all."""
        call = Call(self.emulator, request, genuine, self.target)
        if not self._concerns(call) or self.times == 0:
            return None
        if self.skip:
            self.skip -= 1
            return None
        if self.times is not None:
            self.times -= 1
        return self.effect(call)

    def _concerns(self, call: Call) -> bool:
        in_list = self.lists and call.target == "list" and self.target != "whoami"
        meant = in_list or self.target in ("", call.target)
        return meant and self.method in ("", call.request.method)
