"""Which access a stack file grants, and what changes between two versions of it.

Pure functions of settings: nothing here asks a cluster, an identity provider or the engine. The
members of a group, and bindings that others made on the cluster, are therefore not known.
"""
