"""Whether the roles and the service accounts that a stack made are still on a cluster."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cks_components.access import rule_wording
from cks_components.access.live_policy import LivePolicy
from cks_components.access.single_rights import not_given
from cks_components.diagnosis.result import Result, fine, warning, wrong
from cks_components.rbac.policy import Policy, Role
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import Located

_CURE = 'run "pulumi refresh", then "pulumi up"'
"""Without the refresh the engine takes its state for what is on the cluster."""


def own_roles(
    key: str, roles: Iterable[Located[RoleSettings]], live: LivePolicy | None
) -> list[Result]:
    """Look for each object of each role, and compare what the role gives, right by right.

    Args:
        key: the cluster's, for messages.
        roles: those that the stack makes there.
        live: the roles on the cluster; None if the token's owner may not list them.
    """
    subject = f"cluster {key}: roles of the stack"
    if live is None:
        return [warning(subject, "not checked: the token's owner may not list roles and bindings")]
    found = [
        wrong(subject, f"{path}: {problem}; {_CURE}")
        for path, role in roles
        for problem in [*_missing(role, live.policy)] or _changed(role, live.policy)
    ]
    return found or [fine(subject, "they are there and give what the stack file says")]


def accounts(
    key: str,
    pipelines: Iterable[Located[PipelineSettings]],
    there: Collection[tuple[str, str]],
) -> list[Result]:
    """Look for the service account of each pipeline.

    Args:
        key: the cluster's, for messages.
        pipelines: those of the stack that have not ended.
        there: the namespaces and names of the accounts in the namespaces of the pipelines.
    """
    subject = f"cluster {key}: service accounts"
    found = [
        wrong(
            subject,
            f"{path}: the cluster has no ServiceAccount {one.namespace}/{one.name}, so every token "
            f"of the pipeline is refused and none can be minted; {_CURE}",
        )
        for path, one in pipelines
        if (one.namespace, one.name) not in there
    ]
    return found or [fine(subject, "those of the pipelines are there")]


def _missing(given: RoleSettings, policy: Policy) -> Iterator[str]:
    for made in given.objects():
        if policy.role(made.namespace, made.name) is None:
            effect = "nobody has a right by it"
            if made.name != given.name:
                effect = f"{given.name} gives no more than {given.extends}"
            yield f"the cluster has no {_named(made)}, so {effect}"


def _changed(given: RoleSettings, policy: Policy) -> Iterator[str]:
    """What the role gives on the cluster, and in the file with what it extends there."""
    base = policy.role(None, given.extends) if given.extends else None
    wanted = [*given.policy_rules, *(policy.rules(base) if base else ())]
    for made in given.objects():
        role = policy.role(made.namespace, made.name)
        if role is None or made.name != given.name:
            continue
        present = policy.rules(role)
        differences = [
            f"it {word} {rule_wording.sentence(rules)}"
            for word, rules in (
                ("does not give:", not_given(wanted, present)),
                ("also gives:", not_given(present, wanted)),
            )
            if rules
        ]
        if differences:
            yield f"{_named(made)} is not as in the stack file: {', and '.join(differences)}"


def _named(role: Role) -> str:
    place = "" if role.namespace is None else f"{role.namespace}/"
    return f"{role.ref.kind} {place}{role.name}"
