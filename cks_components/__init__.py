"""Identity and access for existing CoreWeave Kubernetes Service clusters, as Pulumi resources.

A value goes straight down and back:

    stack file → settings → stack → cluster_access → cluster_oidc → engine → lifecycle → api → PATCH
    kubeconfigs, access ← stack ← cluster_access ← kubeconfig, identity.names ← known endpoints
    automation ← the same way: automation_access ← service_account_token, bound_token, api.kubernetes_client
    who gets what ← cli ← access ← settings, identity.names ← stack file, offline
"""

from cks_components.automation_access import AutomationAccess
from cks_components.cluster_access import ClusterAccess, ClusterAccessArgs, Identity
from cks_components.cluster_oidc import ClusterOidc, ClusterOidcArgs
from cks_components.cluster_webhooks import (
    ClusterAuthenticationWebhook,
    ClusterAuthenticationWebhookArgs,
    ClusterAuthorizationWebhook,
    ClusterAuthorizationWebhookArgs,
)
from cks_components.identity.rules import Context, Pipeline, TokenTerms
from cks_components.kubeconfig import build_kubeconfig
from cks_components.pipeline_namespaces import Place
from cks_components.role_bindings import Binding, RoleBindings
from cks_components.service_account_token import (
    ServiceAccountToken,
    ServiceAccountTokenArgs,
)

__all__ = [
    "AutomationAccess",
    "Binding",
    "ClusterAccess",
    "ClusterAccessArgs",
    "ClusterAuthenticationWebhook",
    "ClusterAuthenticationWebhookArgs",
    "ClusterAuthorizationWebhook",
    "ClusterAuthorizationWebhookArgs",
    "ClusterOidc",
    "ClusterOidcArgs",
    "Context",
    "Identity",
    "Pipeline",
    "Place",
    "RoleBindings",
    "ServiceAccountToken",
    "ServiceAccountTokenArgs",
    "TokenTerms",
    "build_kubeconfig",
]
