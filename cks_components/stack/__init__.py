"""A whole stack: from its stack file to its components and outputs."""

from cks_components.stack.deployment import deploy, selectors

__all__ = ["deploy", "selectors"]
