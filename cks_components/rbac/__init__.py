"""What kube-apiserver decides by roles and bindings, and the roles that every cluster has.

Pure functions of objects: nothing here asks a cluster.
"""
