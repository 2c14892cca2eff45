"""The data of the pinned version; the lab compares them with a real kube-apiserver."""

from __future__ import annotations

import tomllib
from pathlib import Path

from cks_components.rbac.built_in import Resource, built_in

PINS = Path(__file__).resolve().parents[3] / "lab" / "tools" / "pins.toml"


def test_the_data_are_those_of_the_pinned_version() -> None:
    """If not: `python -m lab.built_in_policy cks_components/rbac/built_in.json`."""
    assert built_in().version == f"v{tomllib.loads(PINS.read_text())['kubernetes']['version']}"


def test_resources_come_with_their_group_and_their_verbs() -> None:
    assert Resource("apps", "deployments/scale", True, ("get", "patch", "update")) in (
        built_in().resources
    )
    nodes = next(r for r in built_in().resources if (r.group, r.name) == ("", "nodes"))
    assert not nodes.is_namespaced
    assert "deletecollection" in nodes.verbs


def test_roles_in_namespaces_are_there_too() -> None:
    names = {(role.namespace, role.name) for role in built_in().roles}

    assert {("kube-system", "extension-apiserver-authentication-reader"), (None, "view")} <= names
    assert any(binding.namespace == "kube-public" for binding in built_in().bindings)
