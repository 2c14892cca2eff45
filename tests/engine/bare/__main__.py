"""The resources alone, as somebody writes it who installed the package: some for each cluster."""

import pulumi

from cks_components import (
    ClusterOidc,
    ClusterOidcArgs,
    ServiceAccountToken,
    ServiceAccountTokenArgs,
)

config = pulumi.Config()
for name, given in (config.get_object("clusters") or {}).items():
    ignored = given.pop("ignored", None)
    is_deleted_first = given.pop("deleted_first", None)
    ClusterOidc(
        name,
        ClusterOidcArgs(**given),
        pulumi.ResourceOptions(ignore_changes=ignored, delete_before_replace=is_deleted_first),
    )
for name, given in (config.get_object("tokens") or {}).items():
    token = ServiceAccountToken(name, ServiceAccountTokenArgs(**given))
    pulumi.export(name, {"token": token.token, "expiresAt": token.expires_at})
