"""Access to a cluster by a program that holds every value secret, whether or not it is one."""

import json
import os

import pulumi

from cks_components import (
    AuthenticationWebhook,
    AuthorizationWebhook,
    ClusterAccess,
    ClusterAccessArgs,
    Hook,
    Identity,
    OidcConfig,
)

# Configuration that is not encrypted lies in the state by itself, so the values come another way.
given = json.loads(os.environ["OUR_VALUES"])
place = pulumi.Config().require_object("cluster")

access = ClusterAccess(
    "access",
    ClusterAccessArgs(
        cluster_id=place["id"],  # the API's own words, which messages and the state hold
        endpoint=place["endpoint"],
        label=pulumi.Output.secret(given["label"]),
        identity=Identity(
            oidc=OidcConfig(**{k: pulumi.Output.secret(v) for k, v in given["oidc"].items()}),
            client_secret=pulumi.Output.secret(given["client_secret"]),
            scopes=[pulumi.Output.secret(scope) for scope in given["scopes"]],
        ),
        webhooks=[
            Hook(webhook=kind(**{k: pulumi.Output.secret(v) for k, v in hook.items()}))
            for kind, hook in (
                (AuthenticationWebhook, given["authentication"]),
                (AuthorizationWebhook, given["authorization"]),
            )
        ],
    ),
)
for name in ("kubeconfig", "admin_kubeconfig", "facts", "access"):
    pulumi.export(name, getattr(access, name))
