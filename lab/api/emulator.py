"""The emulator's core: clusters, requests and answers, without a socket and with a given clock."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from lab.api import rules

CLUSTERS = "/v1beta1/cks/clusters"
WHOAMI = "/v1beta1/auth/whoami"
RUNNING, UPDATING, UPGRADING = "STATUS_RUNNING", "STATUS_UPDATING", "STATUS_UPGRADING"
_UNSET: tuple[Any, ...] = (None, "", [], {})
_ERRORS = {3: 400, 5: 404, 9: 400, 12: 501, 16: 401}


@dataclass(frozen=True)
class Request:
    """One HTTP request; `path` includes a query string."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; `cut` means that the connection ends without one."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True)
class Logged:
    """A request as the log keeps it: never with a header, so never with a token."""

    time: float
    method: str
    path: str
    body: Any
    status: int


Fault = Callable[[Request, Callable[[], Answer]], Answer | None]


class _RefusalError(Exception):
    def __init__(
        self, code: int, message: str, details: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.details = details or []


class Emulator:
    """Several clusters behind the four operations of the API; safe to use from several threads.

    Args:
        clusters: as `lab.api.fleet` makes them.
        token: the only bearer token that is accepted.
        clock: seconds; an update lands when this clock has passed `update_seconds`.
        update_seconds: how long a cluster is UPDATING after a PATCH.
    """

    def __init__(
        self,
        clusters: Iterable[dict[str, Any]],
        *,
        token: str,
        clock: Callable[[], float] = time.monotonic,
        update_seconds: float = 0.5,
    ) -> None:
        self._clusters = {c["id"]: copy.deepcopy(c) for c in clusters}
        self._pending: dict[str, tuple[float, dict[str, Any]]] = {}
        self._token = token
        self._clock = clock
        self.update_seconds = update_seconds
        self._lock = RLock()
        self._answers = 0
        self.requests: list[Logged] = []
        self.faults: list[Fault] = []

    def answer(self, request: Request) -> Answer:
        """Answer one request and log it. A fault may answer instead, or after the fact."""
        with self._lock:
            answer = self._with_faults(request)
            logged = Logged(
                self._clock(), request.method, request.path, _logged(request.body), answer.status
            )
            self.requests.append(logged)
            return answer

    def clusters(self) -> list[dict[str, Any]]:
        """Every cluster as it is now."""
        with self._lock:
            self._land()
            return copy.deepcopy(list(self._clusters.values()))

    def cluster(self, cluster_id: str) -> dict[str, Any]:
        """One cluster as it is now; KeyError if there is none."""
        return next(c for c in self.clusters() if c["id"] == cluster_id)

    def change(self, cluster_id: str, **fields: Any) -> None:
        """Change a cluster from outside, at once; a None takes a field away."""
        with self._lock:
            self._land()
            changed = self._clusters[cluster_id] | fields
            self._clusters[cluster_id] = {k: v for k, v in changed.items() if v is not None}

    def remove(self, cluster_id: str) -> None:
        """Delete a cluster from outside."""
        with self._lock:
            del self._clusters[cluster_id]
            self._pending.pop(cluster_id, None)

    def _with_faults(self, request: Request) -> Answer:
        def genuine() -> Answer:
            return self._genuine(request)

        for fault in list(self.faults):
            instead = fault(request, genuine)
            if instead is not None:
                return instead
        return genuine()

    def _genuine(self, request: Request) -> Answer:
        self._land()
        try:
            return self._ok(self._route(request))
        except _RefusalError as refusal:
            return self._refuse(refusal)
        except KeyError:
            return Answer(404, b"404 page not found\n", {"content-type": "text/plain"})

    def _route(self, request: Request) -> dict[str, Any]:
        path, _, query = request.path.partition("?")
        sent = {k.lower(): v for k, v in request.headers.items()}.get("authorization", "")
        scheme, _, token = sent.partition(" ")
        if scheme.lower() != "bearer" or token != self._token:
            raise _RefusalError(16, "unauthenticated")
        if query:
            name = query.partition("=")[0]
            raise _RefusalError(3, f'no field "{name}" in the request')
        if request.method not in ("GET", "PATCH"):
            raise _RefusalError(12, "this emulator creates and deletes nothing")
        if request.method == "GET" and path == CLUSTERS:
            return {"items": copy.deepcopy(list(self._clusters.values()))}
        if request.method == "GET" and path == WHOAMI:
            return {
                "principal": {"uid": "u-1", "orgUid": "cw1234", "groups": [], "consoleActions": []}
            }
        prefix, _, cluster_id = path.rpartition("/")
        if prefix != CLUSTERS or not cluster_id:
            raise KeyError(path)
        if cluster_id not in self._clusters:
            raise _RefusalError(5, f'cluster "{cluster_id}" not found')
        if request.method == "PATCH":
            self._patch(cluster_id, request.body)
        return {"cluster": copy.deepcopy(self._clusters[cluster_id])}

    def _patch(self, cluster_id: str, raw: bytes) -> None:
        try:
            body = rules.decode(json.loads(raw or b"{}"))
        except (ValueError, rules.DecodingError) as error:
            raise _RefusalError(3, f"proto: {error}") from error
        found = rules.violations(body)
        if found:
            raise _invalid(found)
        for name in ("id", "version"):
            if not body.get(name):
                raise _invalid([(name, "value is required")])
        if body["id"] != cluster_id:
            raise _invalid([("id", "value must be the id in the path")])
        unknown = rules.unknown_paths(body.get("updateMask", ""))
        if unknown:
            raise _RefusalError(3, f"invalid update mask: unknown path {unknown[0]}")
        self._accept(self._clusters[cluster_id], body)

    def _accept(self, cluster: dict[str, Any], body: dict[str, Any]) -> None:
        if cluster["status"] != RUNNING:
            text = f"cluster is not running: {cluster['status']}"
            detail = {
                "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                "violations": [{"type": "STATUS", "subject": cluster["id"], "description": text}],
            }
            raise _RefusalError(9, text, [detail])
        now, asked = _version(cluster["version"]), _version(body["version"])
        if asked < now:
            raise _invalid([("version", "downgrades are not possible")])
        upgrade = asked > now
        if upgrade and "network" in body:
            raise _invalid([("network", "cannot change together with the version")])
        after = _applied(cluster, body)
        cluster["status"] = UPGRADING if upgrade else UPDATING
        if upgrade:
            after["version"] = body["version"]
        self._pending[cluster["id"]] = (self._clock() + self.update_seconds, after)

    def _land(self) -> None:
        for cluster_id, (due, after) in list(self._pending.items()):
            if self._clock() >= due:
                del self._pending[cluster_id]
                self._clusters[cluster_id] = after | {"status": RUNNING}

    def _ok(self, body: dict[str, Any]) -> Answer:
        # The vendor's printer varies its spacing on purpose, so that nobody compares texts.
        self._answers += 1
        separators = (", ", ": ") if self._answers % 2 else (",", ":")
        text = json.dumps(body, separators=separators)
        return Answer(200, text.encode(), {"content-type": "application/json"})

    @staticmethod
    def _refuse(refusal: _RefusalError) -> Answer:
        body = {"code": refusal.code, "message": str(refusal), "details": refusal.details}
        status = _ERRORS[refusal.code]
        return Answer(status, json.dumps(body).encode(), {"content-type": "application/json"})


def _applied(cluster: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The cluster after the mask is applied leaf by leaf; an empty mask is all of the body."""
    after = copy.deepcopy(cluster)
    for path in _paths(body):
        block, _, leaf = path.partition(".")
        if not leaf:
            after[block] = body.get(block)
            continue
        holder = dict(after.get(block) or {})
        holder[leaf] = (body.get(block) or {}).get(leaf)
        kept = {k: v for k, v in holder.items() if v not in _UNSET}
        after[block] = kept or None
    return {k: v for k, v in after.items() if v is not None}


def _paths(body: dict[str, Any]) -> list[str]:
    mask = body.get("updateMask")
    if mask:
        return [path for path in mask.split(",") if path != "version"]
    whole = [name for name in body if name not in ("id", "version", "updateMask")]
    return [
        path
        for name in whole
        for path in (
            [f"{name}.{leaf}" for leaf in rules.BLOCKS[name]] if name in rules.BLOCKS else [name]
        )
    ]


def _invalid(found: list[rules.Violation]) -> _RefusalError:
    text = "; ".join(f"{path}: {reason}" for path, reason in found)
    detail = {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": path, "description": reason} for path, reason in found],
    }
    return _RefusalError(3, f"validation error: {text}", [detail])


def _version(text: str) -> tuple[int, ...]:
    digits = [part for part in text.removeprefix("v").split(".") if part.isdigit()]
    return tuple(int(part) for part in digits)


def _logged(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")
