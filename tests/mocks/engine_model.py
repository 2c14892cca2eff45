"""A model of Pulumi's engine for whole programs: which resource is which, and what happens when.

The program runs before the mock monitor first. Then each resource that it has declared meets the
one of the state that it is, by its URN or an alias, and what nothing declares any more is deleted,
in the reverse order. What a real engine does at the same time is done one after the other here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockMonitor

from cks_components.engine import block_ownership
from tests.unit.lifecycle.engine_model import travelled

_STACK = "pulumi:pulumi:Stack"
_PREFIX = "urn:pulumi:test::cks-access::"


@dataclass(frozen=True)
class Resource:
    """One resource, as a program declares it or, with an id, as the state has it.

    Attributes:
        aliases: specifications, as the program sends them.
        retains: whether a delete of it lets it stay.
        cluster: the id of the cluster that it is on; empty for none.
    """

    urn: str
    type: str
    name: str
    parent: str
    inputs: Mapping[str, Any] = field(repr=False)
    aliases: Sequence[Any] = field(default=(), repr=False)
    retains: bool = False
    cluster: str = ""
    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict, repr=False)


class ResourceOperations(Protocol):
    """What does what the engine decides; the outside of it."""

    def create(self, new: Resource) -> Resource: ...
    def update(self, old: Resource, new: Resource) -> Resource: ...
    def delete(self, old: Resource) -> None: ...
    def read(self, old: Resource) -> Resource | None: ...
    def differs(self, old: Resource, new: Resource) -> tuple[bool, bool]:
        """Whether there is a change, and whether it takes a replacement."""


class WholeEngine(pulumi.runtime.Mocks):
    """A stack of many resources; a command that raises leaves what it had done until then.

    Attributes:
        state: by URN, in the order of declaration.
        pending_deletes: what was replaced and is still to be deleted.
        said: what the program has told people.
        outputs: of the stack.
    """

    def __init__(self, operations: ResourceOperations) -> None:
        self._operations = operations
        self.state: dict[str, Resource] = {}
        self.pending_deletes: list[Resource] = []
        self.said: list[str] = []
        self.outputs: dict[str, Any] = {}
        self._snapshot: list[Resource] = []

    def up(
        self, program: Callable[[], None], outputs: Mapping[str, Any], replaces: Sequence[str] = ()
    ) -> None:
        """Make it so: `pulumi up`.

        Args:
            program: declares the resources.
            outputs: what the program exports.
            replaces: the URNs of the state that are replaced whatever differs.
        """
        block_ownership.forget()  # each command is a process of its own
        declared = self._declared(program)
        self.outputs = dict(outputs)
        left, done = dict(self.state), dict[str, Resource]()
        # What was replaced keeps its place among what the engine had before, as in its snapshot:
        # what came after it, and may depend on it, is deleted first, in a later command as well.
        before = list(self._snapshot)
        moved: dict[str, str] = {}
        for each in declared:
            assert each.urn not in done, f"two resources are {each.urn}"
            was = next((u for u in _names(each, moved) if u in self.state), None)
            if was is None:
                done[each.urn] = self._operations.create(each)
            else:
                assert was in left, f"two resources were {was}"
                if was != each.urn:
                    moved[each.urn] = was
                done[each.urn] = self._met(left[was], each, is_replaced=was in replaces)
                del left[was]
            self.state = {**done, **left}
            kept = [*self.pending_deletes, *left.values()]
            self._snapshot = [*done.values(), *_among(before, kept)]
        doomed = [*self.pending_deletes, *left.values()]
        self._delete(_among(before, doomed))

    def refresh(self) -> None:
        """Take note of what is there: `pulumi refresh`."""
        block_ownership.forget()
        for urn, old in list(self.state.items()):
            read = self._operations.read(old)
            if read is None:
                del self.state[urn]
            else:
                self.state[urn] = read
            found = [] if read is None else [read]
            at = next(i for i, one in enumerate(self._snapshot) if one is old)
            self._snapshot[at : at + 1] = found

    def destroy(self) -> None:
        """Take everything away: `pulumi destroy`."""
        block_ownership.forget()
        self._delete(list(self._snapshot))
        self.outputs = {}

    def _met(self, old: Resource, new: Resource, *, is_replaced: bool) -> Resource:
        is_other, takes_another = self._operations.differs(old, new)
        if is_replaced or takes_another:
            made = self._operations.create(new)
            self.pending_deletes.append(old)
            return made
        if is_other:
            return self._operations.update(old, new)
        return replace(new, id=old.id, outputs=old.outputs)

    def _delete(self, doomed: Sequence[Resource]) -> None:
        for old in reversed(doomed):
            if not old.retains:
                self._operations.delete(old)
            self.pending_deletes = [one for one in self.pending_deletes if one is not old]
            self._snapshot = [one for one in self._snapshot if one is not old]
            if self.state.get(old.urn) is old:
                del self.state[old.urn]

    def _declared(self, program: Callable[[], None]) -> list[Resource]:
        monitor = _Monitor(self)
        logger = logging.Logger("of the program")
        logger.addHandler(_Listener(self.said))
        pulumi.runtime.set_mocks(
            self,
            project="cks-access",
            stack="test",
            preview=False,
            logger=logger,
            monitor=monitor,
            organization="acme",
        )
        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # the SDK leaves it untyped
        return monitor.in_order()

    def new_resource(
        self, args: pulumi.runtime.MockResourceArgs
    ) -> tuple[str | None, dict[Any, Any]]:
        return f"{args.name}-id", {**args.inputs, "token": "later", "expires_at": "later"}

    def call(
        self, _args: pulumi.runtime.MockCallArgs
    ) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """The state of the stack, which is all that the program asks for."""
        stack = {"type": _STACK, "outputs": self.outputs}
        known = {u: {"type": r.type, "outputs": dict(r.outputs)} for u, r in self.state.items()}
        return {"outputs": {f"{_PREFIX}{_STACK}::cks-access-test": stack, **known}}, []


class _Monitor(MockMonitor):
    """Remembers what a program declares, which comes at the same time and in any order."""

    def __init__(self, mocks: WholeEngine) -> None:
        super().__init__(mocks)
        self.declared: list[Resource] = []
        self._after: dict[str, set[str]] = {}

    def in_order(self) -> list[Resource]:
        """Everything after what it depends on, and otherwise by URN, so that runs are equal."""
        left = {each.urn: each for each in self.declared}
        ordered = []
        while left:
            urn = min(urn for urn in left if not self._after[urn] & left.keys())
            ordered.append(left.pop(urn))
        return ordered

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        return _urn(parent, type_, name)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call] # the SDK leaves it untyped
        if request.type != _STACK:
            self._after[answer.urn] = {
                *request.dependencies,
                request.parent,
                request.provider.rpartition("::")[0],
            }
            inputs = travelled(rpc.deserialize_properties(request.object))
            providers = [r for r in self.declared if request.provider.startswith(f"{r.urn}::")]
            own = [inputs, *(provider.inputs for provider in providers)]
            told = [i.get("cluster_id") or i.get("clusterIdentifier") for i in own]
            self.declared.append(
                Resource(
                    urn=answer.urn,
                    type=request.type,
                    name=request.name,
                    parent=request.parent,
                    inputs=inputs,
                    aliases=[alias.spec for alias in request.aliases],
                    retains=request.retainOnDelete,
                    cluster=next(filter(None, told), ""),
                )
            )
        return answer


class _Listener(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())


def _among(order: Sequence[Resource], some: Sequence[Resource]) -> list[Resource]:
    """Those of some that are in an order, in that order; equal is not enough."""
    return [each for each in order if any(each is one for one in some)]


def _names(each: Resource, moved: Mapping[str, str]) -> Iterator[str]:
    """The URNs that a resource may have in the state, as the engine works them out, best first.

    A parent that was found under another one leads to its children as well.
    """
    yield each.urn
    named = [each.name]
    for alias in each.aliases:
        name = alias.name or each.name
        named.append(name)
        parent = "" if alias.noParent else alias.parentUrn or each.parent
        yield _urn(parent, alias.type or each.type, name)
    if each.parent in moved:
        parent, before = _name_of(each.parent), moved[each.parent]
        for name in named:
            rest = name.removeprefix(parent)
            yield _urn(before, each.type, name if rest == name else f"{_name_of(before)}{rest}")


def _name_of(urn: str) -> str:
    return urn.split("::", 3)[3]


def _urn(parent: str, type_: str, name: str) -> str:
    within = parent.split("::")[2] if parent else _STACK
    return f"{_PREFIX}{'' if within == _STACK else f'{within}$'}{type_}::{name}"
