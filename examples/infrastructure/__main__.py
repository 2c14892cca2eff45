"""What a team has around its clusters: access, and resources of its own that use the outputs."""

import pulumi
from kubeconfig_file import KubeconfigFile

from cks_components import Binding, ClusterAccess, ClusterAccessArgs, Context, Identity, OidcConfig

config = pulumi.Config()
folder = config.require("folder")
administrators = config.get("administrators")

for name, cluster in config.require_object("clusters").items():
    access = ClusterAccess(
        cluster["id"],  # what never changes is a good name
        ClusterAccessArgs(
            cluster_id=cluster["id"],
            endpoint=cluster["endpoint"],
            label=name,
            context=Context(environment="production", provider="okta"),
            identity=Identity(
                oidc=OidcConfig(
                    issuer_url="https://acme.okta.com",
                    client_id="0oa1example",
                    username_claim="preferred_username",
                    username_prefix="okta:",
                    groups_claim="groups",
                    groups_prefix="okta:",
                ),
                client_secret=config.require_secret("clientSecret"),
                scopes=["groups"],
            ),
            bindings=[Binding(cluster_role="cluster-admin", groups=[administrators])]
            if administrators
            else [],
        ),
    )
    KubeconfigFile(name, path=f"{folder}/{name}.yaml", kubeconfig=access.kubeconfig)
