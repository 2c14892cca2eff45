"""A model of Pulumi's engine: which methods of a provider it calls, and what it keeps of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from pulumi.dynamic import ResourceProvider
from pulumi.runtime import rpc

from cks_components.engine import block_ownership, properties
from cks_components.engine.block_provider import recorded

Bag = dict[str, Any]


@dataclass(frozen=True)
class State:
    """One resource as the state file has it."""

    id: str
    inputs: Bag
    outputs: Bag


class Engine:
    """One resource of one stack; a command that raises leaves the state as it was."""

    def __init__(self, provider: ResourceProvider) -> None:
        self._provider = provider
        self._replaced: list[State] = []
        self.state: State | None = None

    def up(self, program: Bag, *, replaces: bool = False) -> None:
        """Make it so: `pulumi up` of a program that declares the resource with this bag.

        What is left of a replacement that was ended goes last, as with the engine.

        Args:
            program: the bag, to which comes what the state says at the beginning of the run.
            replaces: whatever differs, as with `--replace`, a taint or a name without an alias.
        """
        block_ownership.forget()  # each command is a process of its own
        old = self.state
        noted = {properties.RECORDED: recorded(old.outputs)} if old else {}
        checked = self._provider.check(old.inputs if old else {}, travelled(program | noted))
        assert not checked.failures, checked.failures
        news = travelled(checked.inputs)
        if old is None:
            self.state = self._created(news)
            return
        diff = self._provider.diff(old.id, old.outputs, news)
        if replaces or diff.replaces:
            self.state = self._created(news)
            self._replaced.append(old)
        elif not diff.changes:
            self.state = replace(old, inputs=news)
        else:
            updated = self._provider.update(old.id, old.outputs, news)
            self.state = State(old.id, news, travelled(updated.outs))
        self._delete_what_was_replaced()

    def refresh(self) -> None:
        """Take note of what is there: `pulumi refresh`."""
        block_ownership.forget()  # each command is a process of its own
        if (old := self.state) is None:
            return
        read = self._provider.read(old.id, old.outputs)
        if not read.id:
            self.state = None
            return
        self.state = State(read.id, travelled(read.inputs), travelled(read.outs))
        self._provider.diff(read.id, self.state.outputs, old.inputs)  # shown the other way round

    def destroy(self) -> None:
        """Take it away: `pulumi destroy`."""
        block_ownership.forget()  # each command is a process of its own
        self._delete_what_was_replaced()
        if self.state is not None:
            self._provider.delete(self.state.id, self.state.outputs)
            self.state = None

    def _created(self, news: Bag) -> State:
        created = self._provider.create(news)
        return State(created.id, news, travelled(created.outs))

    def _delete_what_was_replaced(self) -> None:
        while self._replaced:
            self._provider.delete(self._replaced[0].id, self._replaced[0].outputs)
            del self._replaced[0]


def travelled(bag: object) -> Bag:
    """A bag after its way over the wire or through the state, as a provider gets it back.

    Nulls are gone, integers are floats, and secrets are plain.
    """

    def received(item: Bag) -> Any:
        if rpc.is_rpc_secret(item):
            return rpc.unwrap_rpc_secret(item)
        return {k: v for k, v in item.items() if v is not None}

    after: Bag = json.loads(json.dumps(bag), parse_int=float, object_hook=received)
    return after
