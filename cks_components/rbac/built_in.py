"""The roles, bindings and resources of every cluster, as the pinned version of Kubernetes has them.

They are data from a real kube-apiserver: `built_in.json`, which says how it was made. A cluster of
another version may differ, and what a vendor or an operator installed is not in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from cks_components.rbac.policy import Binding, Role, binding_from, role_from


@dataclass(frozen=True)
class Resource:
    """A resource of the API, or a subresource such as `pods/log`.

    Attributes:
        group: empty for the core group.
        verbs: those that it can be asked for by requests, such as `get` and `list`.
    """

    group: str
    name: str
    is_namespaced: bool
    verbs: tuple[str, ...]


def resource_from(served: Mapping[str, Any]) -> Resource:
    """A resource from its form in the data and in what a cluster serves."""
    return Resource(served["group"], served["name"], served["namespaced"], tuple(served["verbs"]))


@dataclass(frozen=True)
class BuiltIn:
    """What a cluster has before anybody adds to it.

    Attributes:
        version: of Kubernetes, such as `v1.36.3`.
    """

    version: str
    roles: tuple[Role, ...]
    bindings: tuple[Binding, ...]
    resources: tuple[Resource, ...]


@cache
def built_in() -> BuiltIn:
    """Read the data, once."""
    data = json.loads(resources.files(__package__).joinpath("built_in.json").read_text())
    return BuiltIn(
        version=data["version"],
        roles=tuple(role_from(each) for each in data["roles"]),
        bindings=tuple(binding_from(each) for each in data["bindings"]),
        resources=tuple(resource_from(each) for each in data["resources"]),
    )
