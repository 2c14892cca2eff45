"""What the rules of `cks_components.rules.expiry` accept and refuse."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.rules.subjects import (
    NOW,
    Case,
    ending,
)

CASES: list[Case] = [
    (
        "END-01.1",
        ending(NOW + timedelta(seconds=1)),
        ending(NOW - timedelta(days=3)),
        "until",
        'ended 3 days ago (2026-05-29T00:00:00Z), so nobody has it by this stack: "pulumi up" takes '
        "it from the clusters, unless that was done; a plan that was saved before the end does not "
        "allow it, so save a new one. Delete the entry, or write a later time",
    ),
    (
        "END-02.1",
        ending(NOW, "cluster-admin"),
        ending(NOW + timedelta(days=1), "cluster-admin", " "),
        "reason",
        "is missing, and cluster-admin for a time is an exception; write why, such as the ticket",
    ),
    (
        "END-03.1",
        ending(None),
        ending(NOW + timedelta(days=3)),
        "until",
        'ends in 3 days (2026-06-04T00:00:00Z); the first "pulumi up" after that takes it from the '
        "clusters",
    ),
]
