"""The clusters of the lab: one with a real control plane, and some to stumble over."""

from __future__ import annotations

import hashlib
from typing import Any

ORGANISATION = "cw1234"
ZONE = "US-EAST-04A"
CONTROL_PLANE = "1b5274f2-8012-4b68-9010-cc4c51613302"


def endpoint(name: str, zone: str = ZONE, organisation: str = ORGANISATION) -> str:
    """The host of a cluster: organisation and the hash of name, organisation and zone."""
    digest = hashlib.sha1(  # noqa: S324 - the vendor's choice for a host name, no secret
        f"{name}{organisation}{zone.lower()}".encode()
    ).hexdigest()
    return f"{organisation}-{digest[:8]}.k8s.{zone.lower()}.coreweave.com"


def cluster(cluster_id: str, name: str, zone: str = ZONE, **more: Any) -> dict[str, Any]:
    """A RUNNING public cluster without an oidc block, unless said otherwise."""
    return {
        "id": cluster_id,
        "name": name,
        "zone": zone,
        "public": True,
        "version": "v1.36",
        "vpcId": "5b1f6a52-3a52-4b52-9a52-6a525b1f3a52",
        "network": {"podCidrName": "pods", "serviceCidrName": "services"},
        "status": "STATUS_RUNNING",
        "apiServerEndpoint": endpoint(name, zone),
        "createdAt": "2026-01-02T03:04:05.123456789Z",
        "updatedAt": "2026-01-02T03:04:05Z",
        "isUpgradeable": False,
    } | more


def clusters() -> list[dict[str, Any]]:
    """The lab's fleet; the first has the control plane."""
    foreign = {
        "issuerUrl": "https://sso.elsewhere.example",
        "clientId": "k8s",
        "usernameClaim": "email",
    }
    return [
        cluster(CONTROL_PLANE, "local-east"),
        cluster("2c6385a3-9123-4c79-a121-dd5d62724413", "twin"),
        cluster("3d7496b4-a234-4d8a-b232-ee6e73835524", "twin", zone="US-WEST-01A"),
        cluster("4e85a7c5-b345-4e9b-8343-ff7f84946635", "foreign", oidc=foreign),
        cluster("5f96b8d6-c456-4fac-9454-008095a57746", "private", public=False),
        cluster(
            "60a7c9e7-d567-40bd-a565-1191a6b68857",
            "newborn",
            status="STATUS_CREATING",
            apiServerEndpoint="",
        ),
    ]
