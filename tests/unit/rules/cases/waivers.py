"""What the rules of `cks_components.rules.waivers` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    Case,
    waivers,
)

CASES: list[Case] = [
    (
        "WAIVER-01.1",
        waivers(("OIDC-10", "few groups")),
        waivers(("OIDC-99", "few groups")),
        "waivers[0].rule",
        '"OIDC-99" is not a rule; write an id from docs/rules.md',
    ),
    (
        "WAIVER-02.1",
        waivers(("OIDC-10", "few groups")),
        waivers(("RBAC-01", "we need it")),
        "waivers[0].rule",
        "RBAC-01 cannot be waived, because what it reports cannot work or is never safe; obey the "
        "rule and remove the waiver",
    ),
    (
        "WAIVER-03.1",
        waivers(("OIDC-10", "few groups")),
        waivers(("OIDC-10", " ")),
        "waivers[0].reason",
        "is empty; write why this stack breaks OIDC-10 on purpose",
    ),
    (
        "WAIVER-04.1",
        waivers(("OIDC-10", "few groups")),
        waivers(("OIDC-07", "all are verified")),
        "waivers[0]",
        "nothing in this stack needs this waiver of OIDC-07; remove it",
    ),
]
