"""The policy pack: what refuses in an environment is mandatory, what warns is advisory."""

from functools import partial

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

from cks_components.guard_rails import GUARD_RAILS, GuardRail
from cks_components.rules import Context, Level
from cks_components.stack_file.scalar_types import Environment

# Yours to change: a stack that is not named here is judged as production.
ENVIRONMENTS: dict[str, Environment] = {
    "dev": "development",
    "development": "development",
    "staging": "staging",
}
# The reason for each waived rule: {"RBAC-03": "break-glass user, SEC-7"}
WAIVERS: dict[str, str] = {}


def context_of(urn: str) -> Context:
    """How strictly a stack is judged, by its name."""
    stack = urn.split("::")[0].rpartition(":")[2]
    environment = ENVIRONMENTS.get(stack, "production")
    return Context(environment=environment, waivers=WAIVERS)


def validate(
    rail: GuardRail, level: Level, args: ResourceValidationArgs, report: ReportViolation
) -> None:
    """Report what is wrong with one resource."""
    if args.resource_type in rail.resource_types:
        for text in rail.texts(args.props, context_of(args.urn), level):
            report(text)


LEVELS = {
    "": (EnforcementLevel.MANDATORY, Level.ERROR),
    "-advice": (EnforcementLevel.ADVISORY, Level.WARNING),
}

PolicyPack(
    "cks-access",
    [
        ResourceValidationPolicy(
            name=f"{rail.name}{suffix}",
            description=rail.description,
            enforcement_level=enforcement,
            validate=partial(validate, rail, level),
        )
        for rail in GUARD_RAILS
        for suffix, (enforcement, level) in LEVELS.items()
    ],
)
