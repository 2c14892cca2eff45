"""What the rules of `cks_components.rules.lockout` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    Case,
    removed,
)

CASES: list[Case] = [
    (
        "LOCK-01.1",
        removed(keeps_administrator=True),
        removed(),
        "",
        "nobody of this stack can change roles and bindings on cluster east after this update (Group "
        "admins can now), which can be repaired only through the managed endpoint with a CoreWeave "
        "token; keep a binding to cluster-admin, or write acknowledge: [{risk: no-administrator, "
        "cluster: east, reason: WHY}]",
    ),
    (
        "LOCK-02.1",
        removed(identity="ci"),
        removed(identity="ci", own_losses=("edit in a", "view cluster wide")),
        "",
        "this update takes edit in a, view cluster wide on cluster east from ci, which runs it, so "
        "that it may be the last one that this identity can run there; keep the right until another "
        "identity runs updates, or write acknowledge: [{risk: own-rights, cluster: east, reason: "
        "WHY}]",
    ),
]
