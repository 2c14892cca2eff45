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
        "EXPECT-02.1",
        expecting(groups=("ml", "others")),
        expecting(groups=("ml", "ML")),
        "groups[1]",
        '"ML" is bound nowhere in this file, but "ml" is: names are compared byte for byte, and '
        'prefixes are added automatically; write "ml"',
    ),
]
