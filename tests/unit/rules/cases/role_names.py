"""What the rules of `cks_components.rules.role_names` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    Case,
    bound,
)

CASES: list[Case] = [
    (
        "RBAC-11.1",
        bound("ml", role="editorial"),
        bound("ml", role="edti"),
        "clusterRole",
        '"edti" looks like a misspelling of "edit", a role that every cluster has. A binding to a '
        'role that does not exist grants nothing; write "edit", or waive RBAC-11 if you have a '
        "role of this name",
    ),
]
