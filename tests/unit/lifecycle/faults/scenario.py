"""Where a cell of the fault table is played: a cluster with a state, one operation, what it left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx

from cks_components.api import errors
from cks_components.api.models import OidcConfig
from cks_components.cluster_oidc import ClusterOidcProvider
from cks_components.engine import block_ownership
from lab.api import faults
from lab.api.emulator import Answer, Request
from tests.unit.lifecycle.faults.blocks import BEFORE, NEW, OLD
from tests.unit.lifecycle.faults.fault import (
    LIMIT_SECONDS,
    NEW_ID,
    UPDATE_SECONDS,
    NoConnection,
    Operation,
    Put,
)

if TYPE_CHECKING:
    from tests.conftest import World

Bag = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What one operation did.

    Attributes:
        error: what it ended with, if it failed.
        seconds: how long it took.
        sent: PATCHes that reached the API.
        accepted: those of them that the API took.
        id: what it returned as the resource's id; empty where the engine is to drop the state.
        outs: what it returned as the state; the state as it was where it returned nothing.
    """

    error: errors.CksError | None
    seconds: float
    sent: int
    accepted: int
    id: str
    outs: Bag


@dataclass
class Stage:
    """A cluster and its resource's state.

    Attributes:
        world: emulator, client and clock.
        cluster_id: the cluster.
        previous: what an update, a refresh or a delete found before they owned the block.
        urn: the resource's URN, where somebody reads the log.
        adopt: whether the program says `adopt: true`.
    """

    world: World
    cluster_id: str
    previous: Bag = field(default_factory=lambda: BEFORE)
    urn: str | None = None
    adopt: bool = False
    state: Bag = field(default_factory=dict)
    _accepted: int = 0
    _provider: ClusterOidcProvider = field(default_factory=ClusterOidcProvider)

    def prepare(self, operation: Operation) -> None:
        """Let the resource come to where the operation begins: a create has no state yet."""
        self.world.emulator.update_seconds = UPDATE_SECONDS
        if operation != "create":
            self.world.emulator.change(self.cluster_id, oidc=self.previous or None)
            self.adopt = True
            self.state = self._provider.create(self.wanted(OLD)).outs or {}
        self.world.emulator.clear_requests()
        self.put()

    def put(self, *acts: Put | NoConnection) -> None:
        """Put faults before the operation, and nothing else but a count of what is accepted."""
        self.world.emulator.clear_faults()
        self.world.emulator.add_fault(self._count)
        refusals = [act for act in acts if isinstance(act, NoConnection)]
        self.world.connecting = _refusing(refusals)
        for act in acts:
            if isinstance(act, Put):
                faults.add(self.world.emulator, act.kind, **_dated(act.options))

    def wanted(self, block: Mapping[str, Any]) -> Bag:
        """The inputs of a resource that wants a block, as check leaves them."""
        leaves = {n: block[alias] for n, alias in OidcConfig.leaves().items() if alias in block}
        policy = {"adopt": self.adopt, "update_timeout_seconds": LIMIT_SECONDS}
        result = self._provider.check({}, {"cluster_id": self.cluster_id} | policy | leaves)
        assert not result.failures, [failure.reason for failure in result.failures]
        return result.inputs

    def run(self, operation: Operation) -> Run:
        """Call the provider as the engine does; a state that it returns is kept, as there."""
        block_ownership.forget()  # each command is a process of its own
        began, sent, accepted = self.world.time.now, len(self.world.patches), self._accepted
        error, id_ = None, self.cluster_id
        try:
            id_ = self._call(operation)
        except errors.CksError as caught:
            error = caught
        return Run(
            error,
            round(self.world.time.now - began, 6),
            len(self.world.patches) - sent,
            self._accepted - accepted,
            id_,
            self.state,
        )

    def is_planned(self, block: Mapping[str, Any]) -> bool:
        """Whether the next preview shows a change of the state to a wanted block."""
        return bool(self._provider.diff(self.cluster_id, self.state, self.wanted(block)).changes)

    def settle(self) -> None:
        """Let so much time pass that whatever was on its way has landed."""
        self.world.time.now += 2 * UPDATE_SECONDS

    def end(self) -> None:
        """The fault is over: an endless update ends, and a failed cluster is repaired."""
        self.put()
        emulator = self.world.emulator
        for cluster_id in list(emulator.pending):
            emulator.finish(cluster_id)
        if self.exists:
            emulator.change(self.cluster_id, status="STATUS_RUNNING")

    @property
    def exists(self) -> bool:
        """Whether the emulator has the cluster at all."""
        return self.cluster_id in {c["id"] for c in self.world.emulator.clusters()}

    @property
    def live(self) -> Bag | None:
        """The cluster's block as it is; None once the cluster is gone."""
        if not self.exists:
            return None
        cluster = self.world.emulator.cluster(self.cluster_id)
        return None if cluster["status"] == "STATUS_DELETED" else cluster.get("oidc") or {}

    def before(self, operation: Operation) -> Bag:
        """The block with which the operation begins."""
        return {} if operation == "create" else OLD

    def goal(self, operation: Operation) -> Bag:
        """The block that the operation is to leave."""
        goals = {"create": NEW, "update": NEW, "refresh": OLD, "delete": self.previous}
        return goals[operation]

    def move_to_the_new_cluster(self) -> None:
        """Name the cluster that was made anew; nothing of ours is known about it."""
        self.cluster_id, self.state = NEW_ID, {}

    def _call(self, operation: Operation) -> str:
        provider, id_ = self._provider, self.cluster_id
        if operation == "refresh":
            read = provider.read(id_, self._heard(self.state))
            self.state = read.outs or {}
            return read.id or ""
        if operation == "delete":
            provider.delete(id_, self._heard(self.state))
            return ""
        news = self._heard(self.wanted(NEW))
        if operation == "create":
            created = provider.create(news)
            self.state = created.outs or {}
            return created.id
        self.state = provider.update(id_, self.state, news).outs or {}
        return id_

    def _heard(self, props: Bag) -> Bag:
        return props if self.urn is None else props | {"__urn": self.urn}

    def _count(self, request: Request, genuine: Callable[[], Answer]) -> Answer | None:
        if request.method != "PATCH":
            return None
        answer = genuine()
        self._accepted += answer.status == 200
        return answer


def _refusing(refusals: list[NoConnection]) -> Callable[[httpx.Request], None]:
    left = {refusal: refusal.times for refusal in refusals}

    def connecting(request: httpx.Request) -> None:
        for refusal, times in left.items():
            if refusal.method in ("", request.method) and times != 0:
                left[refusal] = None if times is None else times - 1
                raise httpx.ConnectError(refusal.reason, request=request)

    return connecting


def _dated(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options whose Retry-After is "+20 s" say the date in twenty seconds: HTTP has the real time."""
    headers = dict(options.get("headers") or {})
    after = str(headers.get("retry-after") or "")
    if not after.startswith("+"):
        return dict(options)
    moment = datetime.now(UTC) + timedelta(seconds=float(after.strip("+ s")))
    return {**options, "headers": headers | {"retry-after": format_datetime(moment, usegmt=True)}}
