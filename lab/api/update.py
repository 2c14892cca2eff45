"""What an accepted update makes of a cluster: pure, and always at the moment it lands."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.api import rules
from lab.api.refusal import invalid

# In the order of their numbers in v1beta1.
STATUSES = (
    "STATUS_UNSPECIFIED",
    "STATUS_CREATING",
    "STATUS_UPDATING",
    "STATUS_RUNNING",
    "STATUS_DELETING",
    "STATUS_DELETED",
    "STATUS_ERROR",
    "STATUS_FAILED",
    "STATUS_UPGRADING",
    "STATUS_UPGRADE_FAILED",
)
RUNNING, UPDATING, UPGRADING = "STATUS_RUNNING", "STATUS_UPDATING", "STATUS_UPGRADING"
_UNSET: tuple[Any, ...] = (None, "", [], {})


@dataclass
class Pending:
    """An update on its way; the last four fields are where faults interfere."""

    due: float
    body: Mapping[str, Any]
    version: str | None = None
    end: str = RUNNING
    lost: bool = False
    ignored: set[str] = field(default_factory=set)
    normalised: dict[str, Any] = field(default_factory=dict)

    def outcome(self, cluster: Mapping[str, Any]) -> dict[str, Any]:
        """The cluster once this update has landed on it."""
        after = {"status": self.end}
        if self.lost:
            return {**copy.deepcopy(dict(cluster)), **after}
        if self.version:
            after["version"] = self.version
        return _applied(cluster, self.body, self.ignored, self.normalised) | after


def upgrade_in(cluster: Mapping[str, Any], body: Mapping[str, Any]) -> str | None:
    """The version that this body upgrades to; None when it is the cluster's own.

    Raises:
        RefusalError: it is lower, or higher beside a field that may not change with it.
    """
    now, asked = _version(cluster.get("version", "")), _version(body["version"])
    if asked < now:
        raise invalid([("version", "downgrades are not possible")])
    if asked == now:
        return None
    for name in ("network", "public"):
        if name in body:
            raise invalid([(name, "cannot change together with the version")])
    return str(body["version"])


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.removeprefix("v").split(".") if part.isdigit())


def _applied(
    cluster: Mapping[str, Any],
    body: Mapping[str, Any],
    ignored: set[str],
    normalised: Mapping[str, Any],
) -> dict[str, Any]:
    after = copy.deepcopy(dict(cluster))
    for path in _paths(body):
        if path in ignored:
            continue
        name, _, leaf = path.partition(".")
        if not leaf:
            after[name] = normalised.get(path, body.get(name))
            continue
        block = dict(after.get(name) or {})
        block[leaf] = normalised.get(path, (body.get(name) or {}).get(leaf))
        after[name] = {k: v for k, v in block.items() if v not in _UNSET}
    return {k: v for k, v in after.items() if v not in _UNSET or k not in rules.SCHEMA}


def _paths(body: Mapping[str, Any]) -> Iterator[str]:
    """The leaf paths that the mask names; without a mask all fields of the body, blocks whole."""
    mask = body.get("updateMask")
    names = mask.split(",") if mask else body.keys() - {"id", "updateMask"}
    for name in sorted(set(names) - {"version"}):
        leaves = rules.BLOCKS.get(name)
        yield from [f"{name}.{leaf}" for leaf in leaves] if leaves else [name]
