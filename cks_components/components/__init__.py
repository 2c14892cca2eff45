"""What the components share: plain arguments, places, kubeconfigs and namespaces."""
