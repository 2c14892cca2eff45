"""An object of Kubernetes' core group, declared as pulumi-kubernetes declares it.

pulumi-kubernetes' own classes of this group come only together, with every kind of the group: their
import takes longer than that of Pulumi itself, in every command.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pulumi


class KubernetesObject(pulumi.CustomResource):
    """An object with metadata, in the cluster of its provider.

    Args:
        kind: of the core group, such as ServiceAccount.
        name: of the resource.
        metadata: the object's metadata, as Kubernetes spells it.
        opts: of the resource.
        fields: what the object has besides metadata, as Kubernetes spells it.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        metadata: Mapping[str, Any],
        opts: pulumi.ResourceOptions,
        **fields: Any,
    ) -> None:
        props = {"apiVersion": "v1", "kind": kind, "metadata": metadata, **fields}
        pinned = pulumi.ResourceOptions(version=version("pulumi-kubernetes"))
        opts = pulumi.ResourceOptions.merge(pinned, opts)
        super().__init__(f"kubernetes:core/v1:{kind}", name, props, opts)
