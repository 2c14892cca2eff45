"""Serves the engine; the same as the installed command `pulumi-resource-cks`."""

from cks_components.component_provider.provider import serve

serve()
