"""A cluster's kube-apiserver: a little client, the names that RBAC sees, addresses, kubeconfigs."""
