"""Other spellings of the same answer, and answers that say less or more than the truth."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lab.api.emulator import Answer
from lab.api.refusal import CODES
from lab.api.rules import ALGORITHMS, OIDC_LEAVES
from lab.api.update import STATUSES

Cluster = dict[str, Any]
Edit = Callable[[Cluster], Cluster]


def edited(answer: Answer, edit: Edit, cluster_id: str) -> Answer:
    """The answer with its clusters edited: those of this id, or all when the id is no cluster's."""
    body = _json_of(answer)
    if body is None:
        return answer
    shown = body["items"] if "items" in body else [body["cluster"]] if "cluster" in body else []
    one = cluster_id not in ("", "list", "whoami")
    after = [edit(c) if not one or c.get("id") == cluster_id else c for c in shown]
    if "items" in body:
        body["items"] = after
    elif after:
        body["cluster"] = after[0]
    return _with(answer, body)


def listed(answer: Answer, edit: Callable[[list[Cluster]], list[Cluster]], **more: str) -> Answer:
    """The answer of a list with other items, and with more keys beside them."""
    body = _json_of(answer)
    if body is None or "items" not in body:
        return answer
    return _with(answer, body | {"items": edit(body["items"])} | more)


def unset_as(spelling: str) -> Edit:
    """Spell what is unset in the blocks that clients own.

    Raises:
        ValueError: there is no such spelling.
    """
    if spelling not in ("absent", "null", "empty"):
        problem = f"no such spelling: {spelling}"
        raise ValueError(problem)

    def edit(cluster: Cluster) -> Cluster:
        for name in ("oidc", "authnWebhook", "authzWebhook"):
            if not cluster.get(name):
                cluster = {k: v for k, v in cluster.items() if k != name}
                if spelling != "absent":
                    cluster[name] = None if spelling == "null" else {}
        if cluster.get("oidc") and spelling != "absent":
            unset: Cluster = dict.fromkeys(OIDC_LEAVES, None if spelling == "null" else "")
            if spelling == "empty":
                unset["signingAlgorithms"] = []
            cluster = cluster | {"oidc": unset | cluster["oidc"]}
        return cluster

    return edit


def numbers(cluster: Cluster) -> Cluster:
    """Enums by their numbers."""
    after = dict(cluster)
    if after.get("status") in STATUSES:
        after["status"] = STATUSES.index(after["status"])
    names = (after.get("oidc") or {}).get("signingAlgorithms")
    if names:
        as_numbers = [ALGORITHMS.index(n) if n in ALGORITHMS else n for n in names]
        after["oidc"] = after["oidc"] | {"signingAlgorithms": as_numbers}
    return after


def noise(cluster: Cluster) -> Cluster:
    """Fields of a newer schema, no createdAt, nine digits in updatedAt, and another order."""
    after = {k: v for k, v in cluster.items() if k != "createdAt"}
    after["updatedAt"] = "2026-01-02T03:04:05.123456789Z"
    after["kubeApiAccess"] = {"public": {"allowCidrs": []}}
    after["notYetInvented"] = [{"deep": {"er": 1.5}}]
    if after.get("oidc"):
        after["oidc"] = dict(reversed((after["oidc"] | {"notYetInvented": True}).items()))
    return dict(reversed(after.items()))


def noisy(answer: Answer) -> Answer:
    """The same JSON with odd spacing."""
    body = _json_of(answer)
    if body is None:
        return answer
    text = json.dumps(body, indent=3, separators=(" ,", " :\t"))
    return replace(answer, body=f"\n {text}\n\n".encode())


def error_as(style: str) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
    """An error object as Connect writes it ("connect"), with "unknown" details, or "empty".

    Raises:
        ValueError: there is no such style.
    """
    edits = {"connect": _in_connect, "unknown": _with_unknown_details, "empty": lambda _error: None}
    if style not in edits:
        problem = f"no such style: {style}"
        raise ValueError(problem)
    return edits[style]


def error_edited(answer: Answer, edit: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Answer:
    """The answer with its error object edited; None is no body at all."""
    if answer.headers.get("content-type") != "application/json" or answer.status < 400:
        return answer
    found = _object_in(answer.body)
    if found is None or found.get("code") not in CODES:
        return answer  # another fault made it something else
    error = edit(found)
    return replace(answer, body=b"" if error is None else json.dumps(error).encode())


def _with_unknown_details(error: dict[str, Any]) -> dict[str, Any]:
    details = [{"@type": "type.googleapis.com/not.yet.Invented", "a": [1]}, {}, None]
    return error | {"details": details}


def _in_connect(error: dict[str, Any]) -> dict[str, Any]:
    details = [_connect_detail(detail) if detail else detail for detail in error["details"]]
    return error | {"code": CODES[error["code"]][1], "details": details}


def _connect_detail(detail: dict[str, Any]) -> dict[str, Any]:
    values = {k: v for k, v in detail.items() if k != "@type"}
    name = str(detail["@type"]).rpartition("/")[2]
    # The live value is protobuf; clients that cannot read it have `debug`.
    value = base64.b64encode(name.encode()).decode().rstrip("=")
    return {"type": name, "value": value, "debug": values}


def _json_of(answer: Answer) -> dict[str, Any] | None:
    """The JSON object of a good answer; None when another fault made it something else."""
    return None if answer.status != 200 or answer.cut else _object_in(answer.body)


def _object_in(text: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _with(answer: Answer, body: dict[str, Any]) -> Answer:
    return replace(answer, body=json.dumps(body).encode())
