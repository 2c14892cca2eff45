# What other packages use. `__init__.py` reads the names here, and imports a module when its name is first used.
from .block_check import block_findings, webhook_findings
from .custom_roles import conflicts, misshapen, unknown_names
from .equal_findings import joined
from .existence import Entry
from .file_findings import file_findings
from .findings import (
    address_findings,
    binding_findings,
    certificate_findings,
    discovery_findings,
    lockout_findings,
    pipeline_findings,
    presence_findings,
    role_findings,
    scope_findings,
    token_findings,
)
from .pipelines import clashes
from .rule import BARE, Context, Finding, Level, Rule, context_of
from .rule_set import RULES
from .stack_file_check import Examined, examine

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
    "lockout_findings",
    "misshapen",
    "pipeline_findings",
    "presence_findings",
    "role_findings",
    "scope_findings",
    "token_findings",
    "unknown_names",
    "webhook_findings",
]
