"""Random schedules of what people do: no configuration that a stack has set is lost on the way.

Two stacks of one machine and one block of one cluster, for each kind of block. The faults of the
API and the edits of others are the subject of test_schedules.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from cks_components.api import environment
from cks_components.api.errors import RefusedError
from cks_components.cluster_oidc import ClusterOidcProvider
from cks_components.cluster_webhooks import (
    ClusterAuthenticationWebhookProvider,
    ClusterAuthorizationWebhookProvider,
)
from cks_components.engine import properties, provider_call
from cks_components.engine.block_provider import BlockProvider
from lab.api import fleet
from lab.api.emulator import Answer, Request
from tests.conftest import World
from tests.unit.lifecycle.engine_model import Engine
from tests.unit.lifecycle.schedule import Killed

ID = fleet.CONTROL_PLANE
PROVIDERS: list[type[BlockProvider]] = [
    ClusterOidcProvider,
    ClusterAuthenticationWebhookProvider,
    ClusterAuthorizationWebhookProvider,
]
THEIRS = "theirs"


def wire(provider: type[BlockProvider], name: str) -> dict[str, Any]:
    """A whole block of the provider's kind."""
    url = f"https://{name}.example.com"
    if provider is ClusterOidcProvider:
        return {"issuerUrl": url, "clientId": "cks", "usernameClaim": "email"}
    return {"server": url}


@dataclass
class Stack:
    """One stack: its file, its state, and what its last command that succeeded has set."""

    name: str
    engine: Engine
    provider: type[BlockProvider]
    wanted: str = "a"
    set: str | None = None
    joined: bool = False

    def program(self, *, adopt: bool) -> dict[str, Any]:
        block = self.provider.kind.model_validate(wire(self.provider, self.wanted))
        return properties.stored(block) | {
            "cluster_id": ID,
            "adopt": adopt,
            "update_timeout_seconds": 60,
            properties.PROVIDER: "pickle",
            properties.URN: f"urn:pulumi:{self.name}::cks-access::t::block",
            properties.ORGANIZATION: "acme",
        }


@dataclass
class Machine:
    """Two stacks, "first" and "second", of which the first may take over what was there."""

    world: World
    provider: type[BlockProvider]
    found: str | None
    stacks: dict[str, Stack] = field(default_factory=dict)
    kills: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("first", "second"):
            self.stacks[name] = Stack(name, Engine(self.provider()), self.provider)
        if self.found:
            block = wire(self.provider, self.found)
            self.world.emulator.change(ID, **{self.provider.kind.field: block})
        self.world.emulator.faults.append(self._kill)

    @property
    def live(self) -> dict[str, Any] | None:
        return self.world.emulator.cluster(ID).get(self.provider.kind.field)

    def take(self, stack: str, verb: str, kills: bool | None) -> None:
        """Run a command of a stack, which may be killed before its PATCH is answered."""
        self.kills = [] if kills is None else [kills]
        own = self.stacks[stack]
        program = own.program(adopt=stack == "first" and self.found is not None)
        before = own.engine.state.outputs if own.engine.state else None
        commands: dict[str, Callable[[], None]] = {
            "up": lambda: own.engine.up(program),
            "replace": lambda: own.engine.up(program, replaces=True),
            "refresh": own.engine.refresh,
            "destroy": own.engine.destroy,
        }
        try:
            commands[verb]()
        except Killed:
            own.set = None  # nobody knows until the next command
            self._settle()
            return
        except RefusedError as error:
            note(f"   refused: {error}")
            return
        self._settle()
        after = own.engine.state.outputs if own.engine.state else None
        if verb in ("up", "replace") and after != before:  # else a state was compared, and no more
            own.set, own.joined = own.wanted, True
            for other in self.stacks.values():
                if other.set != own.wanted:
                    other.set = None  # it had joined with equal values, and was warned
        elif verb == "destroy":
            own.set = None

    def assert_that_nothing_is_lost(self) -> None:
        for stack in self.stacks.values():
            if stack.set is not None:
                assert self.live == wire(self.provider, stack.set), f"{stack.name} has lost it"

    def _settle(self) -> None:
        self.kills = []
        self.world.time.now += 60  # an update that was accepted lands

    def _kill(self, request: Request, genuine: Callable[[], Answer]) -> Answer | None:
        if request.method != "PATCH" or not self.kills:
            return None
        if self.kills.pop():
            genuine()
        raise Killed


kills = st.sampled_from([None, None, None, False, True])
steps = st.one_of(
    st.tuples(st.just("first"), st.sampled_from(["up", "up", "replace", "refresh"]), kills),
    st.tuples(st.just("second"), st.sampled_from(["up", "destroy", "replace"]), st.none()),
    st.tuples(st.just("edit"), st.sampled_from(["first", "second"]), st.sampled_from(["a", "b"])),
)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda p: p.kind.field)
@settings(max_examples=150)
@given(found=st.sampled_from([None, THEIRS]), schedule=st.lists(steps, max_size=8))
def test_whatever_people_do_no_stack_loses_what_it_has_set(
    provider: type[BlockProvider], found: str | None, schedule: list[tuple[str, str, Any]]
) -> None:
    world = World()
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as home:
        patch.setenv("PULUMI_HOME", home)
        patch.setenv(environment.TOKEN, world.token)
        patch.delenv(environment.ENDPOINT, raising=False)
        patch.setitem(provider_call.clients, world.access, world.client)
        machine = Machine(world, provider, found)

        for who, what, more in schedule:
            note(f"{who}: {what} {more}")
            if who == "edit":
                machine.stacks[what].wanted = more
                continue
            machine.take(who, what, more)
            note(f"   live: {machine.live}")
            machine.assert_that_nothing_is_lost()

        if not machine.stacks["second"].joined:
            machine.take("first", "up", None)
            machine.take("first", "destroy", None)
            assert machine.live == (wire(provider, found) if found else None)
