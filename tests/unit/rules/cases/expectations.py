"""What the rules of `cks_components.rules.expectations` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    Case,
    expecting,
)

CASES: list[Case] = [
    (
        "EXPECT-01.1",
        expecting("get pods -n a", "get /metrics", cannot=("* secrets",)),
        expecting("get pods", "gett pods"),
        "can[1]",
        '"gett pods" cannot be tested: "gett" is no verb of Kubernetes v1.36.3 (the nearest is '
        '"get"); correct it, or waive EXPECT-01 if your clusters have it',
    ),
    (
        "EXPECT-01.2",
        expecting("get pods", groups=("ml",)),
        expecting("get pods", groups=("ml", "system:masters")),
        "groups[1]",
        '"system:masters" cannot come from the identity provider: the prefix "idp:" is put before '
        'it, so the test would be about "idp:system:masters"; remove it (everybody who logs in is '
        "in system:authenticated anyway)",
    ),
    (
        "EXPECT-02.1",
        expecting(groups=("ml", "others")),
        expecting(groups=("ml", "ML")),
        "groups[1]",
        '"ML" is bound nowhere in this file, but "ml" is: names are compared byte for byte, and '
        'prefixes are added automatically; write "ml"',
    ),
    (
        "EXPECT-02.2",
        expecting("get pods -n training", cannot=("get pods -n team-b", "get pods -n other")),
        expecting("get pods", cannot=("get secrets -n trainign",)),
        "cannot[0]",
        '"get secrets -n trainign" is about the namespace "trainign", which no binding or pipeline '
        'of this file names, but "training" is named; write "training" if you mean it',
    ),
]
