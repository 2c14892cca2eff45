"""The provider that the engine runs for programs in other languages."""

from __future__ import annotations

import sys
from typing import Any

import pulumi
from pulumi.errors import InputPropertiesError
from pulumi.provider import ConstructResult, Provider, main

from cks_components.cluster_access import TYPE_TOKEN, ClusterAccess
from cks_components.component_provider import arguments, schema, values
from cks_components.engine.arguments import ArgumentError


class AccessProvider(Provider):
    """Declares a `ClusterAccess` for a program in another language."""

    def __init__(self) -> None:
        super().__init__(schema.VERSION, schema.text())

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Any,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Declare the component, with its outputs under their names in other languages."""
        if resource_type != TYPE_TOKEN:
            message = f"the type is {resource_type}, but this provider has {TYPE_TOKEN} only"
            raise InputPropertiesError(message, [])
        try:
            access = _declared(name, inputs, options)
        except ArgumentError as error:
            # Without names of properties, whose values the engine shows, secret ones included.
            raise InputPropertiesError("\n".join(error.findings), []) from None
        state = {arguments.in_camel_case(o): getattr(access, o) for o in schema.OUTPUTS}
        return ConstructResult(access.urn, state)


def _declared(name: str, inputs: Any, options: pulumi.ResourceOptions | None) -> ClusterAccess:
    args = values.component_args(inputs)
    try:
        return ClusterAccess(name, args, options)
    except ArgumentError as error:
        written = [values.as_written(finding, inputs) for finding in error.findings]
        raise ArgumentError(written) from None


def serve() -> None:
    """Serve the engine until it ends; the command `pulumi-resource-cks`."""
    main(AccessProvider(), sys.argv[1:])
