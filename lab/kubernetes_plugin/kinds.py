"""The kinds this plugin covers: where the API has them and which changes make a new object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.kubernetes_plugin.errors import NotCoveredError

_RBAC = "rbac.authorization.k8s.io/v1"
_IDENTITY = (("metadata", "name"), ("metadata", "namespace"))

Path = tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """One kind of the API.

    Attributes:
        fields: what a program may set beside `apiVersion`, `kind` and `metadata`.
        immutable: paths whose change makes a new object.
    """

    api_version: str
    name: str
    plural: str
    namespaced: bool
    fields: tuple[str, ...]
    immutable: tuple[Path, ...] = ()

    @property
    def token(self) -> str:
        """The type in a URN, such as `kubernetes:core/v1:Secret`."""
        group = self.api_version if "/" in self.api_version else f"core/{self.api_version}"
        return f"kubernetes:{group}:{self.name}"

    def path(self, namespace: str, name: str = "") -> str:
        """The API's path of the collection, or of one object."""
        root = (
            f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        )
        within = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{root}{within}/{self.plural}" + (f"/{name}" if name else "")

    def replacing(self, inputs: Mapping[str, Any], *, secret_mutable: bool) -> tuple[Path, ...]:
        """The paths whose change makes a new object; `secret_mutable` is the provider's option."""
        if self.name == "Secret" and secret_mutable and not inputs.get("immutable"):
            return _IDENTITY
        return _IDENTITY + self.immutable


_KINDS = {
    kind.token: kind
    for kind in (
        Kind("v1", "Namespace", "namespaces", False, ("spec",)),
        Kind(
            "v1",
            "ServiceAccount",
            "serviceaccounts",
            True,
            ("automountServiceAccountToken", "imagePullSecrets", "secrets"),
        ),
        Kind(
            "v1",
            "Secret",
            "secrets",
            True,
            ("data", "immutable", "stringData", "type"),
            # As the official plugin does unless `enableSecretMutable` is set.
            (("type",), ("data",), ("stringData",)),
        ),
        Kind(_RBAC, "Role", "roles", True, ("rules",)),
        Kind(_RBAC, "ClusterRole", "clusterroles", False, ("aggregationRule", "rules")),
        Kind(_RBAC, "RoleBinding", "rolebindings", True, ("roleRef", "subjects"), (("roleRef",),)),
        Kind(
            _RBAC,
            "ClusterRoleBinding",
            "clusterrolebindings",
            False,
            ("roleRef", "subjects"),
            (("roleRef",),),
        ),
    )
}


def kind_of(urn: str) -> Kind:
    """The kind of a resource.

    Raises:
        NotCoveredError: it is not one of ours; list and `*Patch` kinds are not either.
    """
    token = type_of(urn)
    if token not in _KINDS:
        raise NotCoveredError(token)
    return _KINDS[token]


def tokens() -> list[str]:
    """The types that are covered."""
    return sorted(_KINDS)


def type_of(urn: str) -> str:
    """The type in a URN, without its parents' types."""
    return urn.split("::")[2].rpartition("$")[2]


def name_of(urn: str) -> str:
    """The name the program gave the resource."""
    return urn.split("::", 3)[3]
