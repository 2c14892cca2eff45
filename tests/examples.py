"""What the programs of `examples/` have in common."""

from __future__ import annotations

OKTA = {
    "issuerUrl": "https://acme.okta.com",
    "clientId": "0oa1example",
    "usernameClaim": "preferred_username",
    "usernamePrefix": "okta:",
    "groupsClaim": "groups",
    "groupsPrefix": "okta:",
}
"""The OIDC block that they put on a cluster; it is a complete one of Okta."""
