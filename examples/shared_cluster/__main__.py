"""The OIDC block alone; the cluster itself is a resource of another team's program."""

import pulumi

from cks_components import ClusterOidc, ClusterOidcArgs, Context

config = pulumi.Config()

oidc = ClusterOidc(
    "train-oidc",
    ClusterOidcArgs(
        # or an output of their stack: pulumi.StackReference("acme/clusters/prod").get_output("id")
        cluster_id=config.require("clusterId"),
        issuer_url="https://acme.okta.com",
        client_id="0oa1example",
        username_claim="preferred_username",
        username_prefix="okta:",
        groups_claim="groups",
        groups_prefix="okta:",
        context=Context(environment="production", provider="okta"),
    ),
)
pulumi.export("issuer", oidc.issuer_url)
