"""Identity and access for existing CoreWeave Kubernetes Service clusters, as Pulumi resources.

The map of the package in short; docs/architecture.md is the long one:

    an OIDC block, from the file to the API:
        stack.deployment → stack_file.reading → rules.stack_file_check → stack.arguments
        → cluster_access → cluster_oidc → engine.block_provider → lifecycle.block → api.client
    a webhook: the same way, with cluster_webhooks instead of cluster_oidc
    bindings: cluster_access → role_bindings → pulumi-kubernetes
    pipelines: cluster_access → automation_access → service_account_token → lifecycle.token
        → kubernetes.client; their namespaces: components.pipeline_namespaces → namespace_guard
    before a delete on a cluster: cluster_connection, namespace_guard
    kubeconfigs: components.cluster_kubeconfigs → kubernetes.kubeconfig
    names in the state: engine.resource_names, engine.aliases, stack.cluster_names
    notes about writes, for the next run: lifecycle.intent, engine.intent_log
    arguments that are outputs: engine.arguments, engine.prefix_check
    the command line, without the engine: cli → access → stack_file

Imports go downwards only, as the contracts in pyproject.toml say. The modules at this level are
public, or are named in the state of stacks, so their paths never change.
"""

import lazy_loader

# A provider's process imports one resource, and must not pay for all the others.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
