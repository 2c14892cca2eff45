"""From a stack file to components and outputs."""

from cks_components.stack.deployment import deploy

__all__ = ["deploy"]
