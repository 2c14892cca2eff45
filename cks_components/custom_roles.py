"""CustomRoles: the roles of a stack on one cluster, with pulumi-kubernetes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.rbac import v1 as rbac
from pydantic import ValidationError

from cks_components import rules
from cks_components.engine import argument_types, rule_check
from cks_components.engine.arguments import ArgumentError, refuse_outputs
from cks_components.engine.resource_names import joined
from cks_components.kubernetes.labels import MANAGED_BY
from cks_components.rbac.policy import Role
from cks_components.stack_file.reading import path_of
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.scalar_types import in_words
from cks_components.stack_file.settings import Located

TYPE_TOKEN = "cks:index:CustomRoles"  # noqa: S105 - a type, not a secret
_FORCED = {"pulumi.com/patchForce": "true"}
"""A role that extended another until now has rules that Kubernetes' controller wrote."""
_CREATED = "decides which roles there are"


@dataclass(frozen=True, kw_only=True)
class RoleRule:
    """One rule of a role, as Kubernetes has it: for resources, or for URLs that are no resources.

    Attributes:
        api_groups: `""` is the core group.
        resource_names: the only objects that the rule is for; empty for all.
    """

    verbs: Sequence[str]
    api_groups: Sequence[str] = ()
    resources: Sequence[str] = ()
    resource_names: Sequence[str] = ()
    non_resource_urls: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class CustomRole:
    """A role of one's own. All values are plain: they decide which objects there are.

    Attributes:
        name: the role's name on the cluster.
        extends: a role of every cluster whose rights this ClusterRole has as well.
        namespaces: where it is created as a Role; None is a ClusterRole.
    """

    name: str
    rules: Sequence[RoleRule] = ()
    extends: Literal["view", "edit", "admin"] | None = None
    namespaces: Sequence[str] | None = None


def accepted(roles: Sequence[CustomRole]) -> list[RoleSettings]:
    """The roles in the stack file's model.

    Raises:
        ArgumentError: a role is or holds an output, or has a value of the wrong type.
    """
    refuse_outputs(_CREATED, {"roles": roles})
    argument_types.require(argument_types.listed("roles", roles, "[CustomRole(...)]"))
    wrong: list[str] = []
    found: list[RoleSettings] = []
    for index, role in enumerate(roles):
        path = f"roles[{index}]"
        argument_types.require(argument_types.of_kind(path, role, CustomRole))
        argument_types.require(argument_types.listed(f"{path}.rules", role.rules, "[RoleRule()]"))
        argument_types.require(
            *(
                argument_types.of_kind(f"{path}.rules[{i}]", rule, RoleRule)
                for i, rule in enumerate(role.rules)
            )
        )
        try:
            found.append(RoleSettings.model_validate(_written(role), by_name=True))
        except ValidationError as error:
            wrong += [f"{path}.{path_of(e['loc'])}: {in_words(e)}" for e in error.errors()]
    argument_types.require(wrong)
    return found


def _written(role: CustomRole) -> dict[str, Any]:
    given = {key: value for key, value in vars(role).items() if value is not None}
    lists = {key: list(value) for key, value in given.items() if isinstance(value, tuple)}
    rules_ = [
        {k: list(v) if isinstance(v, tuple) else v for k, v in vars(rule).items()}
        for rule in role.rules
    ]
    return given | lists | {"rules": rules_}


def refuse_broken(
    roles: Sequence[RoleSettings], context: rules.Context, *, is_judged: bool = False
) -> None:
    """Check roles against the rules.

    Raises:
        ArgumentError: with every finding that refuses.
    """
    located = [Located(f"roles[{i}]", role) for i, role in enumerate(roles)]
    wrong = [f"{path}.{p}: {text}" for path, r in located for p, text in rules.misshapen(r)]
    wrong += [f"{path}: {text}" for path, text in rules.conflicts(located, ())]
    if wrong:
        raise ArgumentError(wrong)
    rule_check.require(rule_check.of_roles(located, context), is_judged=is_judged)


class CustomRoles(pulumi.ComponentResource):
    """The roles of a stack on one cluster: ClusterRoles, and Roles in namespaces.

    An object that somebody else made under the same name is never taken over: the update fails.
    A role with `extends` is an aggregated ClusterRole, for which the token's owner has to be
    cluster-admin on the cluster; for other roles its owner needs the rights that they give.

    Args:
        name: of the component.
        roles: what is created.
        opts: must name a Kubernetes provider for the cluster's managed endpoint.
        context: how strict the rules are.
        is_judged: True if the caller has already reported the rules' warnings.

    Raises:
        ArgumentError: a role breaks a rule that refuses in the context; nothing is declared.
    """

    def __init__(
        self,
        name: str,
        roles: Sequence[CustomRole],
        opts: pulumi.ResourceOptions | None = None,
        *,
        context: rules.Context = rules.BARE,
        is_judged: bool = False,
    ) -> None:
        argument_types.refuse_odd_context(context)
        settings = accepted(roles)
        refuse_broken(settings, context, is_judged=is_judged)
        super().__init__(TYPE_TOKEN, name, None, opts)
        for role in (role for each in settings for role in each.objects()):
            _declare(name, role, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


def _declare(name: str, role: Role, opts: pulumi.ResourceOptions) -> None:
    metadata: dict[str, Any] = {"name": role.name, "labels": {**MANAGED_BY, **role.labels}}
    rules_ = [
        rbac.PolicyRuleArgs(**{key: list(values) for key, values in vars(rule).items() if values})
        for rule in role.rules
    ]
    if role.namespace is not None:
        place = ObjectMetaArgs(namespace=role.namespace, **metadata)
        rbac.Role(joined(name, role.namespace, role.name), metadata=place, rules=rules_, opts=opts)
        return
    if role.aggregates is None:
        plain = ObjectMetaArgs(annotations=_FORCED, **metadata)
        rbac.ClusterRole(joined(name, role.name), metadata=plain, rules=rules_, opts=opts)
        return
    selectors = [LabelSelectorArgs(match_labels=dict(s.match_labels)) for s in role.aggregates]
    rbac.ClusterRole(
        joined(name, role.name),
        metadata=ObjectMetaArgs(**metadata),
        aggregation_rule=rbac.AggregationRuleArgs(cluster_role_selectors=[*selectors]),
        opts=opts,
    )
