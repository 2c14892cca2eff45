"""Identity and access for existing CoreWeave Kubernetes Service clusters, as Pulumi resources.

The map of the package in short; docs/architecture.md is the long one:

    an OIDC block, from the file to the API:
        stack.deployment → stack_file.reading → rules.examination → stack.arguments
        → cluster_access → cluster_oidc → engine.block_provider → lifecycle.block → api.client
    a webhook: the same way, with cluster_webhooks instead of cluster_oidc
    bindings: cluster_access → role_bindings → pulumi-kubernetes
    pipelines: cluster_access → automation_access → service_account_token → lifecycle.token
        → kubernetes.client; their namespaces: components.pipeline_namespaces → namespace_guard
    before a delete on a cluster: cluster_connection, namespace_guard
    kubeconfigs: components.cluster_kubeconfigs → kubernetes.kubeconfig
    names in the state: engine.resource_names, engine.aliases, stack.cluster_names
    notes about writes, for the next run: lifecycle.intent, engine.intent_log
    arguments that are outputs: engine.arguments, engine.prefix_agreement
    the command line, without the engine: cli → access → stack_file

Imports go downwards only, as the contracts in pyproject.toml say. The modules at this level are
public, or are named in the state of stacks, so their paths never change.
"""

from cks_components.api.errors import CksError
from cks_components.automation_access import AutomationAccess
from cks_components.cluster_access import ClusterAccess, ClusterAccessArgs, Hook, Identity
from cks_components.cluster_oidc import ClusterOidc, ClusterOidcArgs, OidcConfig
from cks_components.cluster_webhooks import (
    AuthenticationWebhook,
    AuthorizationWebhook,
    ClusterAuthenticationWebhook,
    ClusterAuthenticationWebhookArgs,
    ClusterAuthorizationWebhook,
    ClusterAuthorizationWebhookArgs,
)
from cks_components.components.kubeconfig import (
    Login,
    Naming,
    admin_credential,
    build_kubeconfig,
    managed_server,
    person_credential,
    unmanaged_server,
)
from cks_components.components.pipeline import Pipeline, TokenTerms
from cks_components.components.place import Place
from cks_components.engine.arguments import ArgumentError
from cks_components.kubernetes.address import Address
from cks_components.kubernetes.kubeconfig import Addresses
from cks_components.role_bindings import Binding, RoleBindings
from cks_components.rules import Context
from cks_components.service_account_token import (
    ServiceAccountToken,
    ServiceAccountTokenArgs,
)

__all__ = [
    "Address",
    "Addresses",
    "ArgumentError",
    "AuthenticationWebhook",
    "AuthorizationWebhook",
    "AutomationAccess",
    "Binding",
    "CksError",
    "ClusterAccess",
    "ClusterAccessArgs",
    "ClusterAuthenticationWebhook",
    "ClusterAuthenticationWebhookArgs",
    "ClusterAuthorizationWebhook",
    "ClusterAuthorizationWebhookArgs",
    "ClusterOidc",
    "ClusterOidcArgs",
    "Context",
    "Hook",
    "Identity",
    "Login",
    "Naming",
    "OidcConfig",
    "Pipeline",
    "Place",
    "RoleBindings",
    "ServiceAccountToken",
    "ServiceAccountTokenArgs",
    "TokenTerms",
    "admin_credential",
    "build_kubeconfig",
    "managed_server",
    "person_credential",
    "unmanaged_server",
]
