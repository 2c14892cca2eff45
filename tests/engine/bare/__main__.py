"""The resource alone, as somebody writes it who installed the package: one for each cluster."""

import pulumi

from cks_components import ClusterOidc, ClusterOidcArgs

for name, given in pulumi.Config().require_object("clusters").items():
    ignored = given.pop("ignored", None)
    ClusterOidc(name, ClusterOidcArgs(**given), pulumi.ResourceOptions(ignore_changes=ignored))
