"""The labels of every object that this project creates on a cluster."""

MANAGED_BY = {"app.kubernetes.io/managed-by": "cks-access"}
"""Kubernetes' recommended label for the tool that manages an object."""
