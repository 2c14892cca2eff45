"""Who may do what where, by a stack file alone, and what changes between two versions of one.

Pure functions of settings: nothing here asks a cluster, an identity provider or the engine. What a
group's members are, and which bindings others made on the cluster, is therefore not known here.
"""
