"""The API as a schedule has it: other people work on it, and it remembers what came to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import httpx

from cks_components.api import environment
from cks_components.api.client import Client
from cks_components.api.environment import ApiAccess
from cks_components.api.errors import NotFoundError
from cks_components.api.models import Cluster
from cks_components.api.recent_reads import RecentReads
from cks_components.api.retry import READ_DEADLINE_SECONDS
from lab.api import fleet
from lab.api.emulator import Answer, Emulator, Request
from lab.api.update import RUNNING, UPGRADING, Pending
from tests.conftest import ENDPOINT, World

if TYPE_CHECKING:
    from tests.conftest import FakeTime

ID = fleet.CONTROL_PLANE
ANEW = "71b8d0f8-0678-41ce-9676-22a2b7c79968"
"""The id of our cluster once somebody has made it anew."""
TOKEN = "opaque-" + "and-of-no-known-shape"
_ENDLESS = 5000
"""Requests that no schedule needs."""
_OURS_AND_THE_SERVICES = ("oidc", "status", "updatedAt")


@dataclass(frozen=True)
class Read:
    """A cluster as our client has understood it; None where it was told that there is none."""

    cluster: Cluster | None
    sleeps: int


@dataclass(frozen=True)
class Listed:
    """The ids in a list, as our client has understood it."""

    ids: frozenset[str]


@dataclass
class Write:
    """A PATCH that left our client.

    Attributes:
        sleeps: how often time had been slept away before it.
        accepted: the update that it started, if it did.
        edits: how often others had changed our block by then.
    """

    cluster_id: str
    body: dict[str, Any]
    sleeps: int
    accepted: Pending | None = None
    edits: int = 0


Event = Read | Listed | Write


class Service(Emulator):
    """The emulator, who keeps apart what we and what others did."""

    def __init__(self, time: FakeTime, token: str) -> None:
        super().__init__(
            fleet.clusters()[:4], token=token, clock=lambda: time.now, update_seconds=1.5
        )
        self._time = time
        self._agenda: list[tuple[float, Callable[[], None]]] = []
        self._expected = {c["id"]: _others_part(c) for c in self.clusters()}
        self.events: list[Event] = []
        self.edits = 0
        self.accepted = 0
        self.asked = 0
        self.faults.append(self._witness)

    @property
    def our_id(self) -> str:
        """The id that the cluster of our name has now, or had last."""
        return ANEW if ANEW in self._clusters else ID

    @property
    def ours(self) -> dict[str, Any] | None:
        """The cluster of our name, if there is one."""
        return self.cluster(self.our_id) if self.our_id in self._clusters else None

    def answer(self, request: Request) -> Answer:
        self._time.now += 0.01  # no answer comes at once
        for due, act in list(self._agenda):
            if due <= self._time.now:
                self._agenda.remove((due, act))
                act()
        if request.method == "PATCH":
            cluster_id = request.path.rpartition("/")[2]
            body = json.loads(request.body)
            self.events.append(Write(cluster_id, body, len(self._time.slept)))
        self.asked += 1
        assert self.asked < _ENDLESS, "a loop without an end"
        return super().answer(request)

    def clear_faults(self) -> None:
        super().clear_faults()
        self.faults.append(self._witness)

    def change(self, cluster_id: str, **fields: Any) -> None:
        super().change(cluster_id, **fields)
        self.edits += "oidc" in fields
        self._expected[cluster_id] = _others_part(self._expected[cluster_id] | fields)

    def remove(self, cluster_id: str) -> None:
        super().remove(cluster_id)
        self.edits += 1
        del self._expected[cluster_id]

    def recreate(self, cluster_id: str, new_id: str) -> None:
        super().recreate(cluster_id, new_id)
        self._expected[new_id] = _others_part(self.cluster(new_id))

    def upgrade(self, seconds: float) -> None:
        """Somebody upgrades our cluster, if it is at rest."""
        cluster = self.ours
        if cluster is None or cluster["status"] != RUNNING:
            return
        version = f"v1.{int(cluster['version'].rpartition('.')[2]) + 1}"

        def done() -> None:
            if cluster["id"] in self._clusters:
                self.change(cluster["id"], version=version, status=RUNNING)

        if seconds:
            self.change(cluster["id"], status=UPGRADING)
            self._agenda.append((self._time.now + seconds, done))
        else:
            done()

    def come_to_rest(self) -> None:
        """No faults any more; whatever is on its way ends, and support repairs what has failed."""
        self.clear_faults()
        self.update_seconds = 0.2
        for _, act in self._agenda:
            act()
        self._agenda.clear()
        for cluster_id in list(self.pending):
            self.finish(cluster_id)
        if (ours := self.ours) is not None and ours["status"] != RUNNING:
            self.change(self.our_id, status=RUNNING)

    def assert_that_others_find_their_work_as_they_left_it(self) -> None:
        found = {c["id"]: _others_part(c) for c in self.clusters()}
        assert found == self._expected, f"{found} is not what others made: {self._expected}"

    def _witness(self, request: Request, genuine: Callable[[], Answer]) -> Answer | None:
        """Behind every fault: see which PATCH is really accepted."""
        if request.method != "PATCH":
            return None
        answer = genuine()
        write = self.events[-1]
        assert isinstance(write, Write)
        if answer.status == 200:
            write.accepted = self.pending[write.cluster_id]
            self.accepted += 1
        write.edits = self.edits
        return answer


class Watched(Client):
    """Our client, with a record of what it understood."""

    service: Service
    sleeps: Callable[[], int]

    def get_cluster(
        self,
        cluster_id: str,
        *,
        name: str = "",
        deadline_seconds: float = READ_DEADLINE_SECONDS,
    ) -> Cluster:
        try:
            cluster = super().get_cluster(cluster_id, name=name, deadline_seconds=deadline_seconds)
        except NotFoundError:
            self.service.events.append(Read(None, self.sleeps()))
            raise
        self.service.events.append(Read(cluster, self.sleeps()))
        return cluster

    def list_clusters(self, **more: Any) -> list[Cluster]:
        listed = super().list_clusters(**more)
        self.service.events.append(Listed(frozenset(c.id for c in listed)))
        return listed


class Stage(World):
    """A world that can begin again: a client is slow to make."""

    client: Watched
    service: Service

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.access = ApiAccess(ENDPOINT, TOKEN)
        self.client = self.client_with(TOKEN)
        self.begin_again()

    def client_with(self, token: str) -> Watched:
        return Watched(
            ApiAccess(ENDPOINT, token),
            transport=httpx.MockTransport(self._answer),
            clock=self.time.clock,
        )

    def begin_process(self) -> None:
        """Each command of the engine has a process of its own, which has read nothing yet."""
        self.client.recent = RecentReads(self.client.clock)

    def begin_again(self) -> None:
        rmtree(environment.home(), ignore_errors=True)
        # A clock never goes back; by then the client's budget of requests is whole again.
        self.time.now = 1000.0 * (self.time.now // 1000.0 + 2)
        self.time.slept.clear()
        self.emulator = self.service = self.client.service = Service(self.time, self.token)
        self.client.sleeps = lambda: len(self.time.slept)


def _others_part(cluster: dict[str, Any]) -> dict[str, Any]:
    """All that we may not touch: of our cluster everything but the block, of others everything."""
    ours = cluster["id"] in (ID, ANEW)
    kept = (k for k in cluster if k not in _OURS_AND_THE_SERVICES[0 if ours else 1 :])
    return {k: cluster[k] for k in kept if cluster[k] is not None}
