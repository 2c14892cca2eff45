"""What can happen between a stack file, a state and a cluster, as steps of a schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from hypothesis import note

from cks_components.api.errors import CksError
from cks_components.api.models import OidcConfig
from cks_components.engine import properties
from lab.api import faults
from lab.api.fault import Call, Fault
from tests.unit.lifecycle.engine_model import Bag, Engine
from tests.unit.lifecycle.invariants import Audited
from tests.unit.lifecycle.shared_api import ANEW, ID

if TYPE_CHECKING:
    from lab.api.emulator import Answer
    from tests.unit.lifecycle.shared_api import Service, Stage

Wire = dict[str, Any]

_SHORT = {"issuerUrl": "https://a.example", "clientId": "one", "usernameClaim": "email"}
_CA = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJCRENCcTZBREFnRUNBZ0VCTUFvR0NDcUdTTTQ5QkFNQ01Bd3hD"
    "akFJQmdOVkJBTU1BV0V3SGhjTk1qWXcKTVRBeE1EQXdNREF3V2hjTk1qWXdNVEF5TURBd01EQXdXakFNTVFvd0NBWURW"
    "UVFEREFGaE1Ga3dFd1lIS29aSQp6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUUweWczcU9JMlBWVGhyUlNXRVUxRGZqWmlX"
    "TkVTRDFQNW9qL1E3K1diCjBxWlZaaXZHamJ4V05xTUNCYXVvMjJGdlhUM1RLYUlQSHArZlBMekpKVHlaUXpBS0JnZ3Fo"
    "a2pPUFFRREFnTkkKQURCRkFpQlo0cG0wUTMya3QrR1VPWGJmUlZaWEFmZTBmYnJNYmkya3kxUzNweXgxd3dJaEFLcnRY"
    "akpDWGdPaQpMRXpMNWpKcFJuNzVrN3N3cXFQMU11WnVsYkdrRW1jOQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg=="
)
BLOCKS: dict[str, Wire] = {
    "short": _SHORT,
    "another client": _SHORT | {"clientId": "two"},
    "with groups": _SHORT | {"groupsClaim": "groups", "groupsPrefix": "a:"},
    "with a slash": _SHORT | {"issuerUrl": "https://a.example/"},
    "full": _SHORT
    | {
        "usernameClaim": "sub",
        "usernamePrefix": "-",
        "groupsClaim": "roles",
        "groupsPrefix": "b:",
        "ca": _CA,
        "requiredClaim": "hd=a.example",
        "signingAlgorithms": ["SIGNING_ALGORITHM_RS256"],
        "adminGroupBinding": "admins",
    },
    "half": {"issuerUrl": "https://a.example", "groupsClaim": "groups"},
    "none": {},
}
"""Blocks by their names, as the API spells them; the last two are never ours."""


class Killed(BaseException):
    """The process of the provider ends here."""


class Life:
    """A stack file, a state and a cluster, from the first command to the last."""

    def __init__(self, stage: Stage) -> None:
        stage.begin_again()
        self.stage = stage
        self.time = stage.time
        self.service = stage.service
        self.engine = Engine(Audited(stage))
        self.desired = OidcConfig.model_validate(_SHORT)
        self.policies: Bag = {}

    @property
    def program(self) -> Bag:
        """The resource as the stack file declares it."""
        own = {"cluster_id": self.service.our_id, "update_timeout_seconds": 60, "__provider": "p"}
        return own | properties.stored(self.desired) | self.policies

    @property
    def live(self) -> OidcConfig:
        """The block of the cluster of our name, as it really is."""
        return OidcConfig.model_validate((self.service.ours or {}).get("oidc") or {})

    def live_through(self, schedule: Iterable[Step]) -> None:
        for step in schedule:
            note(f"{step}")
            step.take(self)

    def up(self) -> CksError | Killed | None:
        return self._ended(lambda: self.engine.up(self.program))

    def replace(self) -> CksError | Killed | None:
        return self._ended(lambda: self.engine.up(self.program, replaces=True))

    def refresh(self) -> CksError | Killed | None:
        return self._ended(self.engine.refresh)

    def destroy(self) -> CksError | Killed | None:
        return self._ended(self.engine.destroy)

    def _ended(self, command: Callable[[], None]) -> CksError | Killed | None:
        """Run a command; return what ended it before it was done."""
        self.stage.begin_process()
        try:
            command()
        except (CksError, Killed) as error:
            note(f"   {type(error).__name__}: {error}; live: {self.live.wire()}")
            return error
        note(f"   done; live: {self.live.wire()}")
        return None


class Step(Protocol):
    def take(self, life: Life) -> None: ...


class Edit(Protocol):
    """Something that somebody else does to our cluster."""

    def happen(self, service: Service) -> None: ...


@dataclass(frozen=True)
class Up:
    def take(self, life: Life) -> None:
        life.up()


@dataclass(frozen=True)
class Replace:
    """`pulumi up --replace`, a taint, or another name that the state does not know."""

    def take(self, life: Life) -> None:
        life.replace()


@dataclass(frozen=True)
class Refresh:
    def take(self, life: Life) -> None:
        life.refresh()


@dataclass(frozen=True)
class Destroy:
    def take(self, life: Life) -> None:
        life.destroy()


@dataclass(frozen=True)
class WeWant:
    """We write another block into the stack file."""

    block: str

    def take(self, life: Life) -> None:
        life.desired = OidcConfig.model_validate(BLOCKS[self.block])


@dataclass(frozen=True)
class WeSay:
    """We write a policy into the stack file."""

    policy: str
    value: bool | str

    def take(self, life: Life) -> None:
        life.policies[self.policy] = self.value


@dataclass(frozen=True)
class TimePasses:
    seconds: float

    def take(self, life: Life) -> None:
        life.time.now += self.seconds


@dataclass(frozen=True)
class PutBlock:
    block: str

    def happen(self, service: Service) -> None:
        service.change(service.our_id, oidc=BLOCKS[self.block] or None)


@dataclass(frozen=True)
class SetLeaf:
    leaf: str
    value: str | None

    def happen(self, service: Service) -> None:
        block = (service.ours or {}).get("oidc") or {}
        if block:  # one leaf alone is no block
            after = {k: v for k, v in (block | {self.leaf: self.value}).items() if v is not None}
            service.change(service.our_id, oidc=after)


@dataclass(frozen=True)
class SetField:
    field: str
    value: Any

    def happen(self, service: Service) -> None:
        service.change(service.our_id, **{self.field: self.value})


@dataclass(frozen=True)
class Upgrade:
    seconds: float

    def happen(self, service: Service) -> None:
        service.upgrade(self.seconds)


@dataclass(frozen=True)
class MakeAnew:
    """The cluster is deleted and made again under its name."""

    def happen(self, service: Service) -> None:
        if service.our_id != ANEW:
            service.recreate(ID, ANEW)


@dataclass(frozen=True)
class They:
    """Somebody else does something now."""

    edit: Edit

    def take(self, life: Life) -> None:
        if life.service.ours is not None:
            self.edit.happen(life.service)


@dataclass(frozen=True)
class Meanwhile:
    """Somebody else does something just before the next request, or after some more."""

    edit: Edit
    before: str = ""
    skip: int = 0

    def take(self, life: Life) -> None:
        def effect(call: Call) -> Answer:
            if life.service.ours is not None:
                self.edit.happen(life.service)
            return call.genuine()

        life.service.add_fault(Fault(life.service, effect, self.before, skip=self.skip))


@dataclass(frozen=True)
class Kill:
    """The provider's process ends with the next request, or after some more."""

    at: str = ""
    skip: int = 0
    processed: bool = False

    def take(self, life: Life) -> None:
        def effect(call: Call) -> Answer:
            if self.processed:
                call.genuine()
            raise Killed

        life.service.add_fault(Fault(life.service, effect, self.at, skip=self.skip))


@dataclass(frozen=True)
class Break:
    """A fault of the service, as `lab.api.faults` knows it."""

    kind: str
    options: dict[str, Any]
    times: int | None = 1
    skip: int = 0
    method: str | None = None

    def take(self, life: Life) -> None:
        faults.add(
            life.service,
            self.kind,
            times=self.times,
            skip=self.skip,
            method=self.method,
            **self.options,
        )
