"""What the roles of a stack name, compared with what a cluster serves."""

from __future__ import annotations

from typing import Any

from cks_components.diagnosis.result import State
from cks_components.diagnosis.role_names import role_names
from cks_components.rbac.built_in import built_in, resource_from
from cks_components.rbac.known_names import KnownNames
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import Located

RAY = {"group": "ray.io", "name": "rayjobs", "namespaced": True, "verbs": ["get", "list"]}


def texts(*rules: dict[str, Any]) -> list[str]:
    role = RoleSettings.model_validate({"name": "ray", "rules": list(rules)})
    served = [*built_in().resources, resource_from(RAY)]
    known = KnownNames(served, version="cluster east")
    results = role_names("east", [Located("roles[0]", role)], known)
    return [r.text for r in results if r.state is not State.FINE]


def test_what_only_the_cluster_serves_is_there() -> None:
    assert texts({"verbs": ["get"], "apiGroups": ["ray.io", ""], "resources": ["rayjobs"]}) == []


def test_what_the_cluster_does_not_serve_is_named_with_the_nearest() -> None:
    found = texts(
        {"verbs": ["gett"], "apiGroups": ["ray.io"], "resources": ["rayjbs"]},
        {"verbs": ["get"], "nonResourceURLs": ["/healthz"]},
    )

    assert found == [
        'roles[0].rules[0].verbs[0]: "gett" is no verb of cluster east (the nearest is "get"), so the '
        "rule gives nothing for it there; correct it, or install what serves it",
        'roles[0].rules[0].resources[0]: "rayjbs" is no resource of the API group "ray.io" in cluster '
        'east (the nearest is "rayjobs"), so the rule gives nothing for it there; correct it, or '
        "install what serves it",
    ]
