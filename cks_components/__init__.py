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

import lazy_loader

# A provider's process imports one resource, and must not pay for all the others.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
