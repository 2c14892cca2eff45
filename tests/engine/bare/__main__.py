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
    ClusterOidc(name, ClusterOidcArgs(**given), pulumi.ResourceOptions(ignore_changes=ignored))
for name, given in (config.get_object("tokens") or {}).items():
    token = ServiceAccountToken(name, ServiceAccountTokenArgs(**given))
    pulumi.export(name, {"token": token.token, "expiresAt": token.expires_at})
