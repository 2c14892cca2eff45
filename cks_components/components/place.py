"""Place: a cluster's name, id and addresses, for the resources that are written to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pulumi

from cks_components.components.kubeconfig import managed_server
from cks_components.kubernetes.kubeconfig import Addresses, Entry, Naming


@dataclass(frozen=True, kw_only=True)
class Place:
    """A cluster, for the resources that are written to it.

    Attributes:
        cluster: the first part of resource names, and so a plain value.
        cluster_id: its UUID.
        endpoint: its `apiServerEndpoint`.
        former: the names that the cluster's resources had in earlier states of the stack.
        label: the cluster's name in kubeconfigs; None is `cluster`.
        naming: the names of the entries in kubeconfigs; None names them by project and stack.
        addresses: the addresses of the cluster; None is the cluster's own names.
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
        """The cluster's name in messages."""
        return self.label if isinstance(self.label, str) else self.cluster

    @property
    def managed(self) -> dict[str, pulumi.Input[str]]:
        """The address of the managed server, as arguments of a resource; unset values are left out."""
        if self.addresses is None:
            return {"server": managed_server(self.endpoint)}
        return {key: value for key, value in asdict(self.addresses.managed).items() if value}

    @property
    def reached(self) -> Addresses:
        """The addresses of the cluster; the place's values must be known."""
        return self.addresses or Addresses.of(str(self.endpoint))

    def entry(self, kind: str) -> Entry:
        """The names in a kubeconfig of one kind; the place's values must be known."""
        stack = f"{pulumi.get_project()}/{pulumi.get_stack()}"
        return (self.naming or Naming(stack=stack)).entry(self.said, kind)
