"""RoleSettings: an entry of the key `roles`, and how bindings and pipelines name a role."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from cks_components.rbac.policy import AGGREGATE_TO, LabelSelector, Role, RoleRef, rule_from
from cks_components.rbac.rule import PolicyRule
from cks_components.stack_file.base_model import StackFileModel
from cks_components.stack_file.moment import End
from cks_components.stack_file.scalar_types import Namespace, Namespaces, Text

ADDED_TO = "cks-access/aggregate-to"
"""The label of the ClusterRole with the rules that a role with `extends` adds."""
BaseRole = Literal["view", "edit", "admin"]


class RuleSettings(StackFileModel):
    """One rule of a role, with Kubernetes' own keys."""

    verbs: list[Text] = Field(min_length=1, description="Such as get, list, watch, create, patch.")
    api_groups: list[str] = Field(
        [], description='API groups, such as apps or batch; "" is the core group (pods, secrets).'
    )
    resources: list[Text] = Field(
        [], description="Plural names, such as pods, pods/log, deployments or */scale."
    )
    resource_names: list[Text] = Field(
        [], description="The only objects that the rule is for; absent: all of them."
    )
    non_resource_urls: list[Text] = Field(
        [],
        alias="nonResourceURLs",
        description="URLs that are no resources, such as /metrics or /healthz/*; ClusterRoles only.",
    )


class RoleSettings(StackFileModel):
    """A role of this stack: a ClusterRole, or a Role in each of some namespaces."""

    name: Namespace = Field(description="The role's name on the cluster.")
    extends: BaseRole | None = Field(
        None, description="A role of every cluster whose rights this role has as well."
    )
    namespaces: Annotated[
        Namespaces,
        Field(description="Where it is created as a Role; absent: it is a ClusterRole."),
    ] = None
    rules: list[RuleSettings] = Field([], description="What the role allows.")

    @property
    def ref(self) -> RoleRef:
        """The kind and name by which a binding names it."""
        return RoleRef("ClusterRole" if self.namespaces is None else "Role", self.name)

    @property
    def policy_rules(self) -> tuple[PolicyRule, ...]:
        """The rules that it has of its own, as Kubernetes has them."""
        return tuple(rule_from(rule.model_dump(by_alias=True)) for rule in self.rules)

    def objects(self) -> list[Role]:
        """The objects on a cluster that make the role.

        A role with `extends` is an aggregated ClusterRole, so it also has what other software on
        the cluster adds to the role that it extends; its own rules are in a second ClusterRole.
        """
        rules = self.policy_rules
        if self.namespaces is not None:
            places = dict.fromkeys(self.namespaces)
            return [Role(name=self.name, namespace=place, rules=rules) for place in places]
        if self.extends is None:
            return [Role(name=self.name, rules=rules)]
        base = LabelSelector(match_labels=((f"{AGGREGATE_TO}{self.extends}", "true"),))
        own = LabelSelector(match_labels=((ADDED_TO, self.name),))
        labels = {ADDED_TO: self.name}
        added = Role(name=f"cks-access:aggregate-to-{self.name}", labels=labels, rules=rules)
        whole = Role(name=self.name, aggregates=(base, own) if rules else (base,))
        return [added, whole] if rules else [whole]


class GrantSettings(StackFileModel):
    """The role that an entry gives, and where."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["clusterRole"]}, {"required": ["role"]}]}
    )
    cluster_role: Text = Field(
        "",
        description="The ClusterRole, such as view, edit, admin or one of your own; it must exist.",
    )
    role: Text = Field(
        "", description="A Role in the namespaces, instead of a clusterRole; it must exist there."
    )
    namespaces: Annotated[
        Namespaces, Field(description="Where the role holds; absent: in the whole cluster.")
    ] = None
    until: Annotated[
        End,
        Field(
            description="When the right ends: 2026-12-31 (the beginning of that day in UTC) or "
            '"2026-12-31T18:00:00Z"; the next update after that takes it from the clusters.',
        ),
    ] = None
    reason: str = Field(
        "", description="Why the right is given; cluster-admin with an end needs it in production."
    )

    def has_ended(self, now: datetime) -> bool:
        """Whether the entry gives nothing any more; an end that is not known is not reached."""
        until = self.known("until")
        return until is not None and until <= now

    @property
    def role_ref(self) -> RoleRef:
        """The kind and name of the role; an empty name if none is named."""
        if self.role and not self.cluster_role:
            return RoleRef("Role", self.role)
        return RoleRef("ClusterRole", self.cluster_role)
