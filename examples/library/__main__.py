"""Access to two clusters in an infrastructure program of one's own.

One cluster gets everything from one component; the other from single resources and components.
"""

import datetime

import pulumi
import pulumi_kubernetes as kubernetes

from cks_components import (
    AuthorizationWebhook,
    Binding,
    ClusterAccess,
    ClusterAccessArgs,
    ClusterOidc,
    ClusterOidcArgs,
    Context,
    Hook,
    Identity,
    Login,
    OidcConfig,
    Pipeline,
    RoleBindings,
    TokenTerms,
    admin_credential,
    build_kubeconfig,
    managed_server,
    person_credential,
    unmanaged_server,
)

ISSUER = "https://acme.okta.com"
CLIENT_ID = "0oa1example"
STRICT = Context(environment="production", provider="okta")

config = pulumi.Config()
train = config.require_object("train")
infer = config.require_object("infer")
client_secret = config.get_secret("clientSecret")  # without one, people log in with PKCE

# Everything that one cluster needs. Any id, endpoint or leaf may be an output of another resource.
access = ClusterAccess(
    train["id"],  # what never changes is a good name
    ClusterAccessArgs(
        cluster_id=train["id"],
        endpoint=train["endpoint"],
        label="train",
        context=STRICT,
        identity=Identity(
            oidc=OidcConfig(
                issuer_url=ISSUER,
                client_id=CLIENT_ID,
                username_claim="preferred_username",
                username_prefix="okta:",
                groups_claim="groups",
                groups_prefix="okta:",
            ),
            client_secret=client_secret,
            scopes=["groups"],
        ),
        bindings=[
            Binding(cluster_role="cluster-admin", groups=["platform-admins"]),
            Binding(cluster_role="edit", groups=["ml-engineers"], namespaces=["training"]),
        ],
        automation=[
            Pipeline(
                name="deployer",
                namespace="ci",
                cluster_role="edit",
                namespaces=["training"],
                token=TokenTerms(
                    lifetime=datetime.timedelta(days=30),
                    renew_before=datetime.timedelta(days=7),
                ),
            )
        ],
        webhooks=[Hook(webhook=AuthorizationWebhook(server="https://hook.acme.com/authz"))],
    ),
)
pulumi.export("kubeconfig", access.kubeconfig)
pulumi.export("adminKubeconfig", access.admin_kubeconfig)
pulumi.export("automationKubeconfigs", access.automation_kubeconfigs)
pulumi.export("facts", access.facts)
pulumi.export("access", access.access)

# The same step by step: the block, bindings that follow its prefixes, and a kubeconfig.
oidc = ClusterOidc(
    "infer-oidc",
    ClusterOidcArgs(
        cluster_id=infer["id"],
        issuer_url=ISSUER,
        client_id=CLIENT_ID,
        username_claim="preferred_username",
        username_prefix="okta:",
        groups_claim="groups",
        groups_prefix="okta:",
        context=STRICT,
    ),
)
managed = kubernetes.Provider(
    "infer-managed",
    kubeconfig=build_kubeconfig(
        "infer",
        server=managed_server(infer["endpoint"]),
        user="infer-managed",
        credential=admin_credential(),
    ),
    cluster_identifier=infer["id"],
)
RoleBindings(
    "infer-rbac",
    [Binding(cluster_role="view", groups=["ml-engineers"])],
    oidc,
    pulumi.ResourceOptions(providers=[managed]),
    context=STRICT,
)
pulumi.export(
    "inferKubeconfig",
    build_kubeconfig(
        "infer",
        server=unmanaged_server(infer["endpoint"]),
        user="infer-okta",
        credential=person_credential(
            Login(issuer_url=oidc.issuer_url, client_id=oidc.client_id, client_secret=client_secret)
        ),
    ),
)
