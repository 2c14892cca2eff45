"""The emulator alone: bodies are written out here, so no client of ours is involved."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from lab.api import fleet
from lab.api.emulator import CLUSTERS, WHOAMI, Answer, Emulator, Request

ISSUER = {"issuerUrl": "https://idp.example.com", "clientId": "cks", "groupsPrefix": "idp:"}
ISSUER_MASK = "oidc.clientId,oidc.groupsPrefix,oidc.issuerUrl"


@dataclass
class Lab:
    """An emulator with a clock that tests move, and the shortest way to ask it."""

    now: float = 0.0
    token: str = "CW-SECRET-" + "lab"
    emulator: Emulator = field(init=False)

    def __post_init__(self) -> None:
        self.emulator = Emulator(
            fleet.clusters(), token=self.token, clock=lambda: self.now, update_seconds=5
        )

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.emulator.answer(Request(method, path, headers, raw))

    def patch(self, cluster_id: str = fleet.CONTROL_PLANE, **fields: Any) -> Answer:
        """PATCH with id and version, unless a field says otherwise; an Ellipsis leaves one out."""
        body = {"id": cluster_id, "version": "v1.36"} | fields
        sent = {k: v for k, v in body.items() if v is not ...}
        return self.ask("PATCH", f"{CLUSTERS}/{cluster_id}", sent)

    def set_issuer(self) -> Answer:
        return self.patch(oidc=ISSUER, updateMask=ISSUER_MASK)

    def read(self, cluster_id: str = fleet.CONTROL_PLANE) -> dict[str, Any]:
        answer = self.ask("GET", f"{CLUSTERS}/{cluster_id}")
        assert answer.status == 200, answer.body
        cluster: dict[str, Any] = json.loads(answer.body)["cluster"]
        return cluster

    def items(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = json.loads(self.ask("GET", CLUSTERS).body)["items"]
        return listed

    def whoami(self) -> Answer:
        return self.ask("GET", WHOAMI)

    def statuses(self, seconds: int) -> list[object]:
        """One read a second."""
        seen = []
        for _ in range(seconds):
            seen.append(self.read().get("status"))
            self.now += 1
        return seen


@pytest.fixture
def lab() -> Lab:
    return Lab()
