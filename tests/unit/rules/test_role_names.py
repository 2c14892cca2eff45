"""The roles that names are compared with are on every cluster."""

from __future__ import annotations

from cks_components.rbac.built_in import built_in
from cks_components.rules.role_names import WELL_KNOWN


def test_every_cluster_has_the_well_known_roles() -> None:
    present = {role.name for role in built_in().roles if role.namespace is None}

    assert set(WELL_KNOWN) <= present
    assert {name for name in present if ":" not in name} <= set(WELL_KNOWN)
