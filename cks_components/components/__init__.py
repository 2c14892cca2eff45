"""Code that the components share: places, pipelines, kubeconfigs and namespaces."""
