"""Every rule, and those that judge the same thing, in the order in which they report."""

from __future__ import annotations

from typing import Any

from cks_components.rules import (
    addresses,
    bindings,
    certificate_authority,
    claim_types,
    claims,
    client_id,
    custom_roles,
    discovery,
    excessive_rights,
    existence,
    expectations,
    expiry,
    issuer,
    issuer_reach,
    pipelines,
    prefixes,
    required_claim,
    role_names,
    signing_algorithms,
    unreachable_subjects,
    waivers,
    webhook,
    whole_file,
)
from cks_components.rules.rule import Rule

BLOCK_RULES = (
    *issuer.RULES,
    *issuer_reach.RULES,
    *client_id.RULES,
    *prefixes.RULES,
    *claims.RULES,
    *signing_algorithms.RULES,
    *required_claim.RULES,
    *claim_types.RULES,
    *certificate_authority.RULES,
    *excessive_rights.BLOCK_RULES,
)
BINDING_RULES = (
    *bindings.RULES,
    *excessive_rights.BINDING_RULES,
    *role_names.RULES,
    *unreachable_subjects.RULES,
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
    *webhook.CERTIFICATE_RULES,
)
"""The rules that only the network can decide."""

RULES: tuple[Rule[Any], ...] = tuple(
    sorted(
        (
            *BLOCK_RULES,
            *CLUSTER_RULES,
            *NETWORK_RULES,
            *whole_file.RULES,
            *waivers.RULES,
        ),
        key=lambda rule: rule.id,
    )
)
"""Every rule, sorted by id."""
