"""The part of the Pulumi Kubernetes Operator's kind `Stack` that our example uses.

Written after `operator/config/crd/bases/pulumi.com_stacks.yaml` and
`operator/api/pulumi/shared/stack_types.go` of the repository pulumi/pulumi-kubernetes-operator
(version 2): the names, types and required fields are the published ones. The whole definition has
1.4 million characters, and no package of a registry that this project uses has it.
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, **needed}


_RESOURCE_REF = _object(
    {"type": _TEXT, "secret": _object({"name": _TEXT, "key": _TEXT}, "key", "name")}, "type"
)
_SPEC = _object(
    {
        "stack": _TEXT,
        "serviceAccountName": _TEXT,
        "projectRepo": _TEXT,
        "branch": _TEXT,
        "shallow": {"type": "boolean"},
        "envRefs": {"type": "object", "additionalProperties": _RESOURCE_REF},
        "workspaceTemplate": _object({"spec": _object({"image": _TEXT})}),
    },
    "stack",
)
DEFINITION: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "stacks.pulumi.com"},
    "spec": {
        "group": "pulumi.com",
        "scope": "Namespaced",
        "names": {
            "kind": "Stack",
            "listKind": "StackList",
            "plural": "stacks",
            "singular": "stack",
        },
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": _object({"spec": _SPEC})},
            }
        ],
    },
}
LONGEST_NAME = 42
"""Of a Stack: its pods' names end in `-workspace-` and a hash, and are labels of 63 characters."""
