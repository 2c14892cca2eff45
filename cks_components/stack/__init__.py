"""From a stack file to components and outputs."""

from cks_components.stack.start import deploy

__all__ = ["deploy"]
