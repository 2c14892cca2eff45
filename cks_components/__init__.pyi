# The public names. `__init__.py` reads them here, and imports a module when its name is first used.
from .api.errors import CksError
from .automation_access import AutomationAccess
from .cluster_access import ClusterAccess
from .cluster_access_arguments import ClusterAccessArgs, Hook, Identity
from .cluster_oidc import ClusterOidc, ClusterOidcArgs, OidcConfig
from .cluster_webhooks import (
    AuthenticationWebhook,
    AuthorizationWebhook,
    ClusterAuthenticationWebhook,
    ClusterAuthenticationWebhookArgs,
    ClusterAuthorizationWebhook,
    ClusterAuthorizationWebhookArgs,
)
from .components.kubeconfig import (
    Login,
    Naming,
    admin_credential,
    build_kubeconfig,
    managed_server,
    person_credential,
    unmanaged_server,
)
from .components.pipeline import Pipeline, TokenTerms
from .components.place import Place
from .custom_roles import CustomRole, CustomRoles, RoleRule
from .engine.arguments import ArgumentError
from .kubernetes.address import Address
from .kubernetes.kubeconfig import Addresses
from .role_bindings import Binding, RoleBindings
from .rules import Context
from .service_account_token import (
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
    "CustomRole",
    "CustomRoles",
    "Hook",
    "Identity",
    "Login",
    "Naming",
    "OidcConfig",
    "Pipeline",
    "Place",
    "RoleBindings",
    "RoleRule",
    "ServiceAccountToken",
    "ServiceAccountTokenArgs",
    "TokenTerms",
    "admin_credential",
    "build_kubeconfig",
    "managed_server",
    "person_credential",
    "unmanaged_server",
]
