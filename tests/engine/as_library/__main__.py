"""Access to a cluster that another resource of the program tells of, as somebody else writes it."""

from __future__ import annotations

import os
from typing import Any

import pulumi
from pulumi import dynamic

from cks_components import (
    AuthenticationWebhook,
    Binding,
    ClusterAccess,
    ClusterAccessArgs,
    ClusterOidc,
    ClusterOidcArgs,
    Hook,
    Identity,
    OidcConfig,
    RoleBindings,
)

config = pulumi.Config()


class _Known(dynamic.ResourceProvider):
    """Tells after its creation what a preview cannot know."""

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        return dynamic.CreateResult("known", props | props["told"])


class Cluster(dynamic.Resource):
    """A cluster as some other resource makes it."""

    cluster_id: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    issuer: pulumi.Output[str]

    def __init__(self, name: str, told: dict[str, str]) -> None:
        super().__init__(_Known(), name, {"told": told} | dict.fromkeys(told))


cluster = Cluster("cluster", config.require_object("cluster"))


def _declare_wrong(wrong: str) -> None:
    """What a person gets wrong; nothing of it reaches a cluster."""
    told = config.require_object("cluster")
    if wrong == "role":
        binding = Binding(cluster_role=cluster.issuer, groups=["ml"])  # type: ignore[arg-type] # that is what is wrong
        args = ClusterAccessArgs(
            cluster_id=told["cluster_id"], endpoint=told["endpoint"], bindings=[binding]
        )
        ClusterAccess("access", args)
    else:
        block: dict[str, Any] = {
            "issuer_url": "https://idp.example.com",
            "client_id": "cks",
            "username_claim": "email",
            "groups_claim": "groups",
        }
        oidc = ClusterOidcArgs(cluster_id=told["cluster_id"], groups_prefix="idp:", **block)
        ClusterOidc("access-oidc", oidc)
        RoleBindings("rbac", [Binding(cluster_role="view", groups=["ml"])], OidcConfig(**block))


def _declare() -> None:
    access = ClusterAccess(
        "access",
        ClusterAccessArgs(
            cluster_id=cluster.cluster_id,
            endpoint=cluster.endpoint,
            label="train",
            identity=Identity(
                oidc=OidcConfig(
                    issuer_url=cluster.issuer,
                    client_id=pulumi.Output.secret(os.environ["OUR_CLIENT_ID"]),
                    username_claim="email",
                    groups_claim="groups",
                    groups_prefix=cluster.endpoint.apply(
                        lambda _endpoint: config.require("prefix")
                    ),
                ),
                client_secret=os.environ["OUR_CLIENT_SECRET"],
                on_delete=cluster.issuer.apply(lambda _issuer: "clear"),
                adopt=cluster.issuer.apply(lambda _issuer: True),
                update_timeout_seconds=cluster.issuer.apply(lambda _issuer: 60.0),
            ),
            webhooks=[
                Hook(
                    webhook=AuthenticationWebhook(
                        server=cluster.issuer.apply(lambda issuer: f"{issuer}/authn")
                    ),
                    on_drift=cluster.issuer.apply(lambda _issuer: "overwrite"),
                )
            ],
        ),
    )
    pulumi.export("kubeconfig", access.kubeconfig)
    pulumi.export("adminKubeconfig", access.admin_kubeconfig)
    pulumi.export("facts", access.facts)
    pulumi.export("access", access.access)


wrong = config.get("wrong")
if wrong:
    _declare_wrong(wrong)
else:
    _declare()
