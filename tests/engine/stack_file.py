"""What the tests of this tier write into stack files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.api import fleet

IDENTITY: dict[str, Any] = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "idp:",
}
OTHER_PREFIX: dict[str, Any] = IDENTITY | {"groupsPrefix": "new:"}
"""The same with one leaf changed."""


def pinned(ids: Mapping[str, str]) -> list[dict[str, str]]:
    """Clusters that are found without a request, from their ids by name."""
    return [
        {"id": cluster_id, "alias": name, "endpoint": fleet.endpoint(name)}
        for name, cluster_id in ids.items()
    ]
