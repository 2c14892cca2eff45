"""The policy pack: what refuses in an environment is mandatory, what warns is advisory."""

from collections.abc import Callable
from functools import partial

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

from cks_components import Context
from cks_components.guard_rails import GUARD_RAILS, GuardRail

# Yours to change. The reason for each waived rule: {"RBAC-03": "break-glass user, SEC-7"}
WAIVERS: dict[str, str] = {}
DEVELOPMENT = Context(environment="development", waivers=WAIVERS)
STAGING = Context(environment="staging", waivers=WAIVERS)
PRODUCTION = Context(environment="production", waivers=WAIVERS)
# Yours to change. A stack that is not named here is judged as production.
STACKS = {"dev": DEVELOPMENT, "development": DEVELOPMENT, "staging": STAGING}

Find = Callable[[GuardRail, ResourceValidationArgs, Context], list[str]]


def validate(
    rail: GuardRail, find: Find, args: ResourceValidationArgs, report: ReportViolation
) -> None:
    """Report what is wrong with one resource, as strictly as its stack is judged."""
    stack = args.urn.split("::")[0].rpartition(":")[2]
    if args.resource_type in rail.resource_types:
        for text in find(rail, args, STACKS.get(stack, PRODUCTION)):
            report(text)


POLICIES = {
    "": (EnforcementLevel.MANDATORY, lambda rail, args, how: rail.refusals(args.props, how)),
    "-advice": (EnforcementLevel.ADVISORY, lambda rail, args, how: rail.advice(args.props, how)),
}

PolicyPack(
    "cks-access",
    [
        ResourceValidationPolicy(
            name=f"{rail.name}{suffix}",
            description=rail.description,
            enforcement_level=enforcement,
            validate=partial(validate, rail, find),
        )
        for rail in GUARD_RAILS
        for suffix, (enforcement, find) in POLICIES.items()
    ],
)
