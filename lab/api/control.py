"""A way for other processes to watch and to disturb the emulator, on a port of its own.

It asks for no credential, so it belongs on loopback only.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from lab.api import faults
from lab.api.emulator import Answer, Emulator, Logged, Request, json_answer


class LabClock:
    """The time since some moment, which can be moved on by hand."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ahead = 0.0

    def __call__(self) -> float:
        """The seconds now."""
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._ahead += seconds


class ControlSurface:
    """The emulator's methods as HTTP; to be given to `lab.api.server.serve`."""

    def __init__(self, emulator: Emulator, clock: LabClock) -> None:
        self._emulator = emulator
        self._clock = clock

    def answer(self, request: Request) -> Answer:
        """Do what is asked; 400 says what was wrong with it, 404 that there is no such thing."""
        try:
            body = json.loads(request.body or b"{}")
            result = self._do(request.method, *request.path.strip("/").split("/"), body=body)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            status = 404 if isinstance(error, LookupError) else 400
            return json_answer({"error": f"{type(error).__name__}: {error}"}, status)
        return json_answer(result)

    def _do(self, method: str, name: str, cluster_id: str = "", *, body: dict[str, Any]) -> Any:
        emulator = self._emulator
        match method, name, bool(cluster_id):
            case "GET", "requests", False:
                return [asdict(logged) for logged in list(emulator.requests)]
            case "DELETE", "requests", False:
                return emulator.clear_requests()
            case "GET", "clusters", False:
                return emulator.clusters()
            case "PATCH", "clusters", True:
                return emulator.change(cluster_id, **body)
            case "DELETE", "clusters", True:
                return emulator.remove(cluster_id)
            case "POST", "clusters", True:
                return emulator.recreate(cluster_id, body["id"])
            case "POST", "faults", False:
                return faults.add(emulator, **body)
            case "DELETE", "faults", False:
                return emulator.clear_faults()
            case "POST", "clock", False:
                return self._clock.advance(float(body["seconds"]))
            case "PUT", "update-seconds", False:
                emulator.update_seconds = float(body["seconds"])
                return None
        raise LookupError(method, name)


class ControlError(Exception):
    """The control surface refused."""


class Control:
    """A client of the control surface, for a process that does not hold the emulator."""

    def __init__(self, url: str) -> None:
        self._netloc = urlsplit(url).netloc

    def requests(self) -> list[Logged]:
        """Every request that the emulator saw since the last clearing."""
        return [Logged(**logged) for logged in self._call("GET", "/requests")]

    def clear_requests(self) -> None:
        """Forget every request so far."""
        self._call("DELETE", "/requests")

    def clusters(self) -> list[dict[str, Any]]:
        """Every cluster as it is now."""
        found: list[dict[str, Any]] = self._call("GET", "/clusters")
        return found

    def cluster(self, cluster_id: str) -> dict[str, Any]:
        """One cluster as it is now; KeyError if there is none."""
        return {c["id"]: c for c in self.clusters()}[cluster_id]

    def change(self, cluster_id: str, **fields: Any) -> None:
        """Change a cluster from outside; a None takes a field away, a block is replaced whole."""
        self._call("PATCH", f"/clusters/{cluster_id}", fields)

    def remove(self, cluster_id: str) -> None:
        """Delete a cluster from outside."""
        self._call("DELETE", f"/clusters/{cluster_id}")

    def recreate(self, cluster_id: str, new_id: str) -> None:
        """Delete a cluster from outside and make it anew under another id."""
        self._call("POST", f"/clusters/{cluster_id}", {"id": new_id})

    def add_fault(
        self,
        kind: str,
        *,
        method: str | None = None,
        target: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        **options: Any,
    ) -> None:
        """Add a fault, as `lab.api.faults.add` has it."""
        scope = {"kind": kind, "method": method, "target": target, "times": times, "skip": skip}
        self._call("POST", "/faults", scope | options)

    def clear_faults(self) -> None:
        """Behave again."""
        self._call("DELETE", "/faults")

    def advance(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._call("POST", "/clock", {"seconds": seconds})

    def set_update_seconds(self, seconds: float) -> None:
        """Say how long the next updates take."""
        self._call("PUT", "/update-seconds", {"seconds": seconds})

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        # Not urllib: it would go through HTTPS_PROXY, which the lab sets.
        connection = HTTPConnection(self._netloc, timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            result = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ControlError(result["error"])
        return result
