"""Rules of identity and access: mistakes found before they reach a cluster.

A rule is data and a pure function. Nothing here touches a network, a file or the environment.
"""

from cks_components.rules.custom_roles import conflicts, misshapen
from cks_components.rules.equal_findings import joined
from cks_components.rules.existence import Entry
from cks_components.rules.file_findings import file_findings
from cks_components.rules.findings import (
    address_findings,
    binding_findings,
    block_findings,
    certificate_findings,
    discovery_findings,
    pipeline_findings,
    presence_findings,
    role_findings,
    token_findings,
    webhook_findings,
)
from cks_components.rules.pipelines import clashes
from cks_components.rules.rule import BARE, Context, Finding, Level, Rule, context_of
from cks_components.rules.rule_set import RULES
from cks_components.rules.stack_file_check import Examined, examine

__all__ = [
    "BARE",
    "RULES",
    "Context",
    "Entry",
    "Examined",
    "Finding",
    "Level",
    "Rule",
    "address_findings",
    "binding_findings",
    "block_findings",
    "certificate_findings",
    "clashes",
    "conflicts",
    "context_of",
    "discovery_findings",
    "examine",
    "file_findings",
    "joined",
    "misshapen",
    "pipeline_findings",
    "presence_findings",
    "role_findings",
    "token_findings",
    "webhook_findings",
]
