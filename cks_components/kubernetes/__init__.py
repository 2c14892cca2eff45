"""A cluster's kube-apiserver: a small client, RBAC names, addresses, kubeconfigs."""
