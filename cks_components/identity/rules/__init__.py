"""Rules of identity and access: mistakes found before they reach a cluster.

A rule is data and a pure function. Nothing here touches a network, a file or the environment.
"""

from cks_components.identity.rules.bound import Binding
from cks_components.identity.rules.pipelines import Pipeline, TokenTerms, clashes
from cks_components.identity.rules.presence import Needed, needed
from cks_components.identity.rules.reading import read
from cks_components.identity.rules.review import (
    RULES,
    binding_findings,
    discovery_findings,
    findings,
    handshake_findings,
    pipeline_findings,
    presence_findings,
    review,
    token_findings,
    webhook_findings,
)
from cks_components.identity.rules.rule import BARE, Context, Environment, Finding, Level, Rule
from cks_components.identity.rules.stack_file import StackFile

__all__ = [
    "BARE",
    "RULES",
    "Binding",
    "Context",
    "Environment",
    "Finding",
    "Level",
    "Needed",
    "Pipeline",
    "Rule",
    "StackFile",
    "TokenTerms",
    "binding_findings",
    "clashes",
    "discovery_findings",
    "findings",
    "handshake_findings",
    "needed",
    "pipeline_findings",
    "presence_findings",
    "read",
    "review",
    "token_findings",
    "webhook_findings",
]
