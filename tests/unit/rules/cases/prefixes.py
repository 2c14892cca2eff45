"""What the rules of `cks_components.rules.prefixes` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    ISSUER,
    Case,
    block,
)

CASES: list[Case] = [
    (
        "OIDC-06.1",
        block(usernameClaim="sub", usernamePrefix="okta:"),
        block(usernameClaim="sub"),
        "usernamePrefix",
        f'is not set, which gives names such as "{ISSUER}#alice"; write a prefix ("oidc:") or "-" '
        "for none",
    ),
    (
        "OIDC-08.1",
        block(groupsClaim="groups", groupsPrefix="okta:", usernamePrefix="-"),
        block("okta", groupsClaim="groups"),
        "groupsPrefix",
        'is not set, so a group "system:masters" at the provider becomes cluster administrator; '
        'write "okta:", or waive OIDC-08 with a reason',
    ),
    (
        "OIDC-08.2",
        block(groupsPrefix="okta:", usernamePrefix="-"),
        block(groupsPrefix="system:"),
        "groupsPrefix",
        'can produce names that begin with "system:", to which Kubernetes gives rights of its own; '
        'write another prefix, such as "oidc:"',
    ),
    (
        "OIDC-08.3",
        block(groupsPrefix="okta:", usernamePrefix="-"),
        block(groupsPrefix="-"),
        "groupsPrefix",
        '"-" is plain text here and gives groups such as "-ml"; write "oidc:"',
    ),
]
