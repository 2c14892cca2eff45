"""Every rule, and those that judge the same thing, in the order in which they report."""

from __future__ import annotations

from typing import Any

from cks_components.rules import (
    addresses,
    bindings,
    custom_roles,
    discovery,
    excessive_rights,
    existence,
    expectations,
    expiry,
    lockout,
    pipelines,
    requested_scopes,
    role_names,
    unreachable_subjects,
    waivers,
    webhook,
    whole_file,
)
from cks_components.rules.block_check import BLOCK_RULES
from cks_components.rules.rule import Rule

BINDING_RULES = (
    *bindings.RULES,
    *excessive_rights.BINDING_RULES,
    *role_names.RULES,
    *unreachable_subjects.RULES,
    bindings.NAMES,
)
PIPELINE_RULES: tuple[Rule[Any], ...] = (*BINDING_RULES, *pipelines.RULES, *pipelines.TOKEN_RULES)
CLUSTER_RULES: tuple[Rule[Any], ...] = (
    *addresses.RULES,
    *webhook.RULES,
    *custom_roles.RULES,
    *expectations.RULES,
    *expiry.RULES,
    *PIPELINE_RULES,
)
"""The rules for what is in a cluster's entry."""
NETWORK_RULES: tuple[Rule[Any], ...] = (
    *discovery.RULES,
    *discovery.REMARKS,
    *existence.RULES,
    *lockout.RULES,
    *webhook.CERTIFICATE_RULES,
)
"""The rules that only the network or the state can decide."""

RULES: tuple[Rule[Any], ...] = tuple(
    sorted(
        (
            *BLOCK_RULES,
            *CLUSTER_RULES,
            *NETWORK_RULES,
            *requested_scopes.RULES,
            *whole_file.RULES,
            *waivers.RULES,
        ),
        key=lambda rule: rule.id,
    )
)
"""Every rule, sorted by id."""
