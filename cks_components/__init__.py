"""Identity and access for existing CoreWeave Kubernetes Service clusters, as Pulumi resources.

A value goes straight down and back:

    stack file → settings → stack → cluster_access → cluster_oidc → engine → lifecycle → api → PATCH
    kubeconfigs, access ← stack ← cluster_access ← cluster_kubeconfigs, kubeconfig, identity.names
    automation ← the same way: automation_access ← service_account_token, bound_token, api.kubernetes_client
    names in the state: cluster_keys (the stack file's), place, engine.naming, engine.former_names
    what was written and not recorded: intent, engine.journal, engine.unrecorded
    before anything is written: identity.rules, engine.judgement, engine.cluster_check
    before anything is removed: cluster_connection, namespace_guard
    a program's arguments may be outputs: engine.arguments, kubeconfig_output, engine.agreement
    who gets what ← cli ← access ← settings, identity.names ← stack file, offline
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
