"""What everything that this project writes to a cluster is marked with."""

MANAGED_BY = {"app.kubernetes.io/managed-by": "cks-access"}
"""The label of Kubernetes' recommended set that says by which tool an object is managed."""
