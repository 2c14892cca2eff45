"""The emulator's core: clusters, requests and answers, without a socket and with a given clock."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from lab.api import federation, fleet, rules
from lab.api.federation import Federation
from lab.api.refusal import RefusalError, busy, invalid
from lab.api.update import RUNNING, UPDATING, UPGRADING, Pending, upgrade_in

CLUSTERS = "/v1beta1/cks/clusters"
WHOAMI = "/v1beta1/auth/whoami"
_BEGINNING = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Request:
    """One HTTP request; `path` includes a query string."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; `cut` means that the connection ends without one.

    `delay` is a wait before the answer and `trickle` one before each of its bytes, in
    seconds; both are left to whoever carries the answer, since nothing here sleeps.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    delay: float = 0.0
    trickle: float = 0.0


@dataclass(frozen=True)
class Logged:
    """A request as the log keeps it: never with a header, so never with a token."""

    time: float
    method: str
    path: str
    body: Any
    status: int


Fault = Callable[[Request, Callable[[], Answer]], Answer | None]


class Emulator:
    """Several clusters behind the four operations of the API; safe to use from several threads.

    Args:
        clusters: as `lab.api.fleet` makes them.
        token: the only bearer token that is accepted.
        clock: seconds; an update lands when this clock has passed `update_seconds`.
        update_seconds: how long a cluster is UPDATING after a PATCH.
        org_uid: the organisation that `whoami` names.
        federation: exchanges tokens of jobs; without it, nothing is served there.
    """

    def __init__(
        self,
        clusters: Iterable[dict[str, Any]],
        *,
        token: str,
        clock: Callable[[], float] = time.monotonic,
        update_seconds: float = 0.5,
        org_uid: str = fleet.ORGANISATION,
        federation: Federation | None = None,
    ) -> None:
        self._clusters = {c["id"]: copy.deepcopy(c) for c in clusters}
        self._token = token
        self._clock = clock
        self._began = clock()
        self._lock = RLock()
        self._answers = 0
        self.org_uid = org_uid
        self.federation = federation
        self.update_seconds = update_seconds
        self.tolerant = False
        self.pending: dict[str, Pending] = {}
        self.requests: list[Logged] = []
        self.faults: list[Fault] = []

    def answer(self, request: Request) -> Answer:
        """Answer one request and log it; each fault may stand before all the later ones."""
        with self._lock:
            answer = self._behind(list(self.faults), request)
            logged = Logged(
                self._clock(), request.method, request.path, _logged(request.body), answer.status
            )
            self.requests.append(logged)
            return answer

    def clear_requests(self) -> None:
        """Forget every request so far."""
        with self._lock:
            self.requests.clear()

    def add_fault(self, fault: Fault) -> None:
        """Let a fault see every request from now on, before those that are there already."""
        with self._lock:
            self.faults.insert(0, fault)

    def clear_faults(self) -> None:
        """Behave again; what a fault did to a cluster or an update stays done."""
        with self._lock:
            self.faults.clear()

    def clusters(self) -> list[dict[str, Any]]:
        """Every cluster as it is now."""
        with self._lock:
            self._land()
            return copy.deepcopy(list(self._clusters.values()))

    def cluster(self, cluster_id: str) -> dict[str, Any]:
        """One cluster as it is now; KeyError if there is none."""
        with self._lock:
            self._land()
            return copy.deepcopy(self._clusters[cluster_id])

    def change(self, cluster_id: str, **fields: Any) -> None:
        """Change a cluster from outside, at once; a None takes a field away.

        A block is replaced whole. An update on its way lands on top of the change.
        """
        with self._lock:
            self._land()
            changed = self._clusters[cluster_id] | {"updatedAt": self._stamp()} | fields
            self._clusters[cluster_id] = {
                k: copy.deepcopy(v) for k, v in changed.items() if v is not None
            }

    def add(self, cluster: dict[str, Any]) -> None:
        """Make a cluster from outside, as `lab.api.fleet` makes it."""
        with self._lock:
            self._clusters[cluster["id"]] = copy.deepcopy(cluster)

    def remove(self, cluster_id: str) -> None:
        """Delete a cluster from outside."""
        with self._lock:
            del self._clusters[cluster_id]
            self.pending.pop(cluster_id, None)

    def recreate(self, cluster_id: str, new_id: str) -> None:
        """Delete a cluster from outside and make it anew: same name and host, nothing configured."""
        with self._lock:
            old = self.cluster(cluster_id)
            self.remove(cluster_id)
            self._clusters[new_id] = {
                k: v for k, v in old.items() if k not in rules.BLOCKS or k == "network"
            } | {"id": new_id, "status": RUNNING, "createdAt": self._stamp()}

    def finish(self, cluster_id: str) -> None:
        """Let the update of a cluster land now, however long it would have taken."""
        with self._lock:
            self.pending[cluster_id].due = self._clock()
            self._land()

    def _behind(self, faults: list[Fault], request: Request) -> Answer:
        if not faults:
            return self._genuine(request)
        first, *rest = faults

        def genuine() -> Answer:
            return self._behind(rest, request)

        instead = first(request, genuine)
        return genuine() if instead is None else instead

    def _genuine(self, request: Request) -> Answer:
        self._land()
        if self.federation and (request.method, request.path) == ("POST", federation.PATH):
            status, body = self.federation.exchange(request.body)
            return json_answer(body, status)
        try:
            return self._ok(self._route(request))
        except RefusalError as refusal:
            return json_answer(refusal.body, refusal.status)
        except _NoRouteError:
            return Answer(404, b"404 page not found\n", {"content-type": "text/plain"})

    def _route(self, request: Request) -> dict[str, Any]:
        path, _, query = request.path.partition("?")
        self._authenticate(request.headers)
        if request.method not in ("GET", "PATCH"):
            raise RefusalError(12, "this emulator creates and deletes nothing")
        prefix, _, cluster_id = path.rpartition("/")
        if path not in (CLUSTERS, WHOAMI) and (prefix != CLUSTERS or not cluster_id):
            raise _NoRouteError
        if query:
            name = query.partition("=")[0]
            raise RefusalError(3, f'no field "{name}" in the request')
        if path in (CLUSTERS, WHOAMI) and request.method != "GET":
            raise RefusalError(12, "Method Not Allowed")
        if path == CLUSTERS:
            return {"items": list(self._clusters.values())}
        if path == WHOAMI:
            who = {"uid": "u-1", "orgUid": self.org_uid, "groups": [], "consoleActions": []}
            return {"principal": who}
        if request.method == "PATCH":
            self._patch(cluster_id, request.body)
        return {"cluster": self._existing(cluster_id)}

    def _authenticate(self, headers: Mapping[str, str]) -> None:
        sent = {k.lower(): v for k, v in headers.items()}.get("authorization", "")
        scheme, _, token = sent.partition(" ")
        is_issued = self.federation is not None and self.federation.accepts(token)
        if scheme.lower() != "bearer" or not (token == self._token or is_issued):
            raise RefusalError(16, "unauthenticated")

    def _existing(self, cluster_id: str) -> dict[str, Any]:
        if cluster_id in self._clusters:
            return self._clusters[cluster_id]
        name = "type.googleapis.com/google.rpc.ResourceInfo"
        detail = {"@type": name, "resourceType": "cluster", "resourceName": cluster_id}
        raise RefusalError(5, f'cluster "{cluster_id}" not found', detail)

    def _patch(self, cluster_id: str, raw: bytes) -> None:
        try:
            body = rules.decode(json.loads(raw or b"{}"), tolerant=self.tolerant)
        except (ValueError, rules.DecodingError) as error:
            raise RefusalError(3, f"proto: {error}") from error
        found = rules.violations(body)
        if found:
            raise invalid(found)
        missing = [(name, "value is required") for name in ("id", "version") if not body.get(name)]
        if missing:
            raise invalid(missing)
        if body["id"] != cluster_id:
            raise invalid([("id", "value must be the id in the path")])
        unknown = rules.unknown_paths(body.get("updateMask", ""))
        if unknown:
            raise RefusalError(3, f"invalid update mask: unknown path {unknown[0]}")
        self._accept(self._existing(cluster_id), body)

    def _accept(self, cluster: dict[str, Any], body: dict[str, Any]) -> None:
        if cluster.get("status") != RUNNING:
            raise busy(cluster["id"], cluster.get("status"))
        version = upgrade_in(cluster, body)
        due = self._clock() + self.update_seconds
        self.pending[cluster["id"]] = Pending(due, body, version)
        cluster["status"] = UPGRADING if version else UPDATING
        cluster["updatedAt"] = self._stamp()

    def _land(self) -> None:
        for cluster_id, update in list(self.pending.items()):
            if self._clock() >= update.due:
                del self.pending[cluster_id]
                after = update.outcome(self._clusters[cluster_id])
                self._clusters[cluster_id] = after | {"updatedAt": self._stamp()}

    def _stamp(self) -> str:
        now = _BEGINNING + timedelta(seconds=self._clock() - self._began)
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _ok(self, body: dict[str, Any]) -> Answer:
        # The vendor's printer varies its spacing on purpose, so that nobody compares texts.
        self._answers += 1
        return json_answer(body, spaced=bool(self._answers % 2))


class _NoRouteError(Exception):
    """Nothing is served under this path."""


def json_answer(body: Any, status: int = 200, *, spaced: bool = True) -> Answer:
    """An answer of JSON, in one of the two spacings."""
    text = json.dumps(body, separators=(", ", ": ") if spaced else (",", ":"))
    return Answer(status, text.encode(), {"content-type": "application/json"})


def _logged(body: bytes) -> Any:
    try:
        found = json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")
    if isinstance(found, dict) and "oidcToken" in found:
        return found | {"oidcToken": "[not kept]"}
    return found
