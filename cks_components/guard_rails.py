"""The rules of stack files, applied to the inputs of resources of any program and any tool.

A policy pack holds them against a stack whatever its own context says. Bindings and tokens are
judged by what they give, whoever declares them; the names in a binding already have their prefixes,
so only what the name itself tells is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from cks_components import cluster_oidc, cluster_webhooks, rules, service_account_token
from cks_components.api import models
from cks_components.engine import properties, secret_leaves
from cks_components.rules import Context, Finding, Level
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.settings import BindingSettings

_RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
_AS_WRITTEN = {"RBAC", "PIPE"}
"""The families of rules that need no more than the names in a binding."""
_PEOPLE = ("User", "Group")


@dataclass(frozen=True)
class GuardRail:
    """The rules for one kind of resource.

    Attributes:
        name: the name of the policy.
        description: what it holds.
        resource_types: the type tokens that it is for.
        judge: finds what is wrong with the inputs of one.
    """

    name: str
    description: str
    resource_types: frozenset[str]
    judge: Callable[[Mapping[str, Any], Context], list[Finding]]

    def refusals(self, props: Mapping[str, Any], context: Context) -> list[str]:
        """What a resource with these inputs must not have; no text holds a secret value.

        Args:
            props: the inputs of a resource of one of the types.
            context: how strictly; the provider is the one that the resource itself names.
        """
        return self._texts(props, context, Level.ERROR)

    def advice(self, props: Mapping[str, Any], context: Context) -> list[str]:
        """What somebody should look at, in the same way."""
        return self._texts(props, context, Level.WARNING)

    def _texts(self, props: Mapping[str, Any], context: Context, level: Level) -> list[str]:
        named = props.get(properties.CONTEXT) or {}
        context = replace(context, provider=named.get("provider", context.provider))
        found = self.judge(props, context)
        return [secret_leaves.in_finding(f, props) for f in found if f.level is level]


def _oidc(props: Mapping[str, Any], context: Context) -> list[Finding]:
    return rules.block_findings(_block(models.OidcConfig, props), context)


def _webhook(props: Mapping[str, Any], context: Context) -> list[Finding]:
    return rules.webhook_findings(_block(models.Webhook, props), context)


def _block(kind: type[Any], props: Mapping[str, Any]) -> Any:
    return kind.model_validate({leaf: props.get(leaf) for leaf in kind.model_fields})


def _token(props: Mapping[str, Any], context: Context) -> list[Finding]:
    lifetime, renew_before = (
        timedelta(seconds=float(props[key])) for key in ("lifetime_seconds", "renew_before_seconds")
    )
    return rules.token_findings(lifetime, renew_before, context)


def _binding(props: Mapping[str, Any], context: Context) -> list[Finding]:
    """Judge a ClusterRoleBinding or RoleBinding; a pipeline is a subject that is a service account."""
    every = _every_finding(props, context)
    return [f for f in every if f.rule.partition("-")[0] in _AS_WRITTEN]


def _every_finding(props: Mapping[str, Any], context: Context) -> Iterator[Finding]:
    role, namespace = props.get("roleRef") or {}, (props.get("metadata") or {}).get("namespace")
    is_cluster_role = role.get("kind") != "Role"
    given: dict[str, Any] = {
        "cluster_role": role.get("name", "") if is_cluster_role else "",
        "role": "" if is_cluster_role else role.get("name", ""),
        "namespaces": [namespace] if namespace else None,
    }
    subjects = [s for s in props.get("subjects") or [] if s.get("name")]
    names = {kind: [s["name"] for s in subjects if s.get("kind") == kind] for kind in _PEOPLE}
    if any(names.values()):
        people = BindingSettings.model_construct(
            **given, users=names["User"], groups=names["Group"]
        )
        yield from rules.binding_findings(people, models.OidcConfig(), context)
    for account in (s for s in subjects if s.get("kind") == "ServiceAccount"):
        pipeline = PipelineSettings.model_construct(
            **given, name=account["name"], namespace=account.get("namespace") or namespace or ""
        )
        yield from rules.pipeline_findings(pipeline, context)


GUARD_RAILS = (
    GuardRail(
        "cks-oidc",
        "What a cluster trusts keeps the rules for OIDC blocks.",
        frozenset({cluster_oidc.TYPE_TOKEN}),
        _oidc,
    ),
    GuardRail(
        "cks-webhook",
        "What a cluster's API server asks keeps the rules for webhooks.",
        frozenset(
            {
                cluster_webhooks.AUTHENTICATION_TYPE_TOKEN,
                cluster_webhooks.AUTHORIZATION_TYPE_TOKEN,
            }
        ),
        _webhook,
    ),
    GuardRail(
        "cks-binding",
        "Bindings of people and of pipelines keep the rules for RBAC, whoever declares them.",
        frozenset({f"{_RBAC}ClusterRoleBinding", f"{_RBAC}RoleBinding"}),
        _binding,
    ),
    GuardRail(
        "cks-token",
        "Stored tokens of pipelines keep the rules for tokens.",
        frozenset({service_account_token.TYPE_TOKEN}),
        _token,
    ),
)
"""The rules that speak of resources, by the kind of resource."""
