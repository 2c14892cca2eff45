"""Which access a stack file grants, and what changes between two versions of it.

Pure functions of settings, but for the `live_…` modules, which ask a cluster's kube-apiserver:
nothing else here asks a cluster, an identity provider or the engine. The members of a group, and
bindings that others made on the cluster, are therefore not known.
"""
