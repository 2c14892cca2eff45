"""A cluster as the resources that are written to it know it: its name, and where it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pulumi

from cks_components.components.kubeconfig import managed_server
from cks_components.kubernetes.kubeconfig import Addresses, Entry, Naming


@dataclass(frozen=True, kw_only=True)
class Place:
    """A cluster, as the resources that are written to it know it.

    Attributes:
        cluster: the first part of resource names, and so a plain value.
        cluster_id: its UUID.
        endpoint: its `apiServerEndpoint`.
        former: the names that the cluster's resources had in earlier states of the stack.
        label: the cluster's name in kubeconfigs; `cluster` where None.
        naming: how the entries of kubeconfigs are called; None is by project and stack.
        addresses: where the cluster is reached instead of by its own names.
    """

    cluster: str
    cluster_id: pulumi.Input[str]
    endpoint: pulumi.Input[str]
    former: Sequence[str] = ()
    label: pulumi.Input[str] | None = None
    naming: Naming | None = None
    addresses: Addresses | None = None

    @property
    def said(self) -> str:
        """What messages call the cluster."""
        return self.label if isinstance(self.label, str) else self.cluster

    @property
    def managed(self) -> dict[str, pulumi.Input[str]]:
        """Where the managed server is reached, as the arguments of a resource: what is set of it."""
        if self.addresses is None:
            return {"server": managed_server(self.endpoint)}
        return {key: value for key, value in asdict(self.addresses.managed).items() if value}

    @property
    def reached(self) -> Addresses:
        """Where the cluster is reached; of a place whose values are known."""
        return self.addresses or Addresses.of(str(self.endpoint))

    def entry(self, kind: str) -> Entry:
        """What the parts of a kubeconfig of one kind are called; of a place that is known."""
        stack = f"{pulumi.get_project()}/{pulumi.get_stack()}"
        return (self.naming or Naming(stack=stack)).entry(self.said, kind)
