"""Rules by which whoever has them can get at more than they say.

Source: "Privilege escalation risks" in Kubernetes' page "Role Based Access Control Good Practices".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

from cks_components.kubernetes.subject_names import RBAC_GROUP
from cks_components.rbac import built_in_roles
from cks_components.rbac.policy import RoleKind, RoleRef
from cks_components.rbac.rule import ALL, PolicyRule

_READ = ("get", "list", "watch")
_CHANGE = ("create", "update", "patch", "delete", "deletecollection")
CONTROL_PLANE = "kube-system"
"""The namespace of the control plane's own service accounts."""


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """Something that gives more than it says.

    Attributes:
        name: what it is, as a person calls it.
        consequence: what it lets its holder do; continues "lets its holder".
        verbs: any of them is enough.
        resources: any of them is enough.
        is_special_verb: whether the verbs mean this on whatever resource.
        narrowed: the verbs that are harmless in a rule for named objects only.
        is_of_powerful_roles: whether it is only in a rule that names one of Kubernetes' own roles
            that lead to more than they say.
        beside: what the same role must give as well, in whichever rule; None for nothing.
    """

    name: str
    consequence: str
    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    is_special_verb: bool = False
    narrowed: tuple[str, ...] = ()
    is_of_powerful_roles: bool = False
    beside: Escalation | None = None

    def parts(self, rules: Collection[PolicyRule]) -> list[str]:
        """Of each rule of a role the part that gives it, as `given_by` says it."""
        return [self.given_by(rule) if self._has_beside(rules) else "" for rule in rules]

    def is_included_in(self, rules: Collection[PolicyRule]) -> bool:
        """Whether the rules of a role give it, by a name or by `*`."""
        everything = (
            replace(rule, resources=self.resources) if ALL in rule.resources else rule
            for rule in rules
        )
        return self._has_beside(rules) and any(map(self.given_by, everything))

    def _has_beside(self, rules: Collection[PolicyRule]) -> bool:
        return self.beside is None or self.beside.is_included_in(rules)

    def given_by(self, rule: PolicyRule) -> str:
        """The part of a rule that gives it, such as `create on secrets`; empty if none does.

        What the same role has to give beside it is not looked at.
        A resource that a rule has only as `*` is not looked for, unless the verb is special: what
        `*` gives is a question of its own.
        """
        harmless = self.narrowed if rule.resource_names else ()
        verbs = [verb for verb in self.verbs if verb not in harmless]
        verb = next((v for v in verbs if v in rule.verbs), "")
        has_group = ALL in rule.api_groups or any(g in rule.api_groups for g in self.groups)
        if not has_group or not (verb or (verbs and ALL in rule.verbs)):
            return ""
        if self.is_of_powerful_roles and not _names_powerful_role(rule):
            return ""
        resource = next((r for r in self.resources if _names(rule, r)), "")
        if not resource and self.is_special_verb and verb and ALL in rule.resources:
            resource = ALL
        return f"{verb or ALL} on {resource}" if resource else ""


def _names(rule: PolicyRule, resource: str) -> bool:
    """Whether a rule names a resource or, as `*/token`, the subresource of each."""
    _, slash, subresource = resource.partition("/")
    return resource in rule.resources or (bool(slash) and f"*/{subresource}" in rule.resources)


def _names_powerful_role(rule: PolicyRule) -> bool:
    kinds: dict[str, RoleKind] = {
        "clusterroles": "ClusterRole",
        "roles": "Role",
        ALL: "ClusterRole",
    }
    named = product((kinds[one] for one in rule.resources if one in kinds), rule.resource_names)
    return any(RoleRef(kind, name) in _powerful_roles() for kind, name in named)


@cache
def _powerful_roles() -> frozenset[RoleRef]:
    """Kubernetes' own roles that lead to more than they say, those for people included."""
    policy = built_in_roles.policy()
    return frozenset(
        role.ref
        for role in policy.roles
        if consequences(policy.rules(role), role.namespace and [role.namespace])
    )


GRANTING = Escalation(
    name="escalate and bind",
    consequence="give every right to anybody, itself included",
    verbs=("escalate", "bind"),
    groups=(RBAC_GROUP,),
    resources=("clusterroles", "roles"),
    is_special_verb=True,
    narrowed=("bind",),
)
BINDING = replace(
    GRANTING,
    consequence="give a role that leads to an administrator's rights to anybody, itself included",
    verbs=("bind",),
    narrowed=(),
    is_of_powerful_roles=True,
)
IMPERSONATION = Escalation(
    name="impersonate",
    consequence="act as the users, groups or service accounts that it names, administrators "
    "included",
    verbs=(
        "impersonate",
        "impersonate:user-info",
        "impersonate:serviceaccount",
        "impersonate:arbitrary-node",
        "impersonate:associated-node",
    ),
    groups=("", "authentication.k8s.io"),
    resources=("users", "groups", "serviceaccounts", "uids", "userextras"),
    is_special_verb=True,
)
TOKENS = Escalation(
    name="tokens of service accounts",
    consequence="log in as every service account there, with all its rights",
    verbs=("create",),
    groups=("",),
    resources=("serviceaccounts/token",),
    narrowed=("create",),
)
_SHOWING = (*_READ, "patch", "delete", "deletecollection")
"""Verbs whose answer has the data of Secrets.

A patch of nothing and a delete that waits for dependents (`propagationPolicy=Foreground`) answer with
the Secret, a `deletecollection` with all of them, and with `dryRun=All` nothing is changed by it. An
update answers with what it was sent.
"""
SECRETS = Escalation(
    name="reads of Secrets",
    consequence="read every password, key and token that is kept there",
    verbs=_SHOWING,
    groups=("",),
    resources=("secrets",),
    narrowed=_SHOWING,
)
TOKEN_SECRETS = replace(TOKENS, resources=SECRETS.resources, beside=replace(SECRETS, narrowed=()))
"""Kubernetes writes an account's token into a new Secret of the type for it, whose name one chooses."""
NODE_PROXY = Escalation(
    name="nodes/proxy",
    consequence="run commands in every pod of a node, past the API server's audit log",
    verbs=(*_READ, *_CHANGE),
    groups=("",),
    resources=("nodes/proxy",),
)
EXECUTION = Escalation(
    name="commands in pods",
    consequence="run commands in pods, with the rights and Secrets of their service accounts",
    verbs=("create", "get"),
    groups=("",),
    resources=("pods/exec", "pods/attach"),
)
DEBUGGING = replace(EXECUTION, verbs=("update", "patch"), resources=("pods/ephemeralcontainers",))
ADMISSION = Escalation(
    name="admission webhooks",
    consequence="read and change every object that anybody writes",
    verbs=_CHANGE,
    groups=("admissionregistration.k8s.io",),
    resources=(
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    ),
)
CERTIFICATES = Escalation(
    name="client certificates",
    consequence="issue certificates by which somebody logs in under any name",
    verbs=("update", "patch", "approve", "sign"),
    groups=("certificates.k8s.io",),
    resources=(
        "certificatesigningrequests/approval",
        "certificatesigningrequests/status",
        "signers",
    ),
)
VOLUMES = Escalation(
    name="volumes of nodes",
    consequence="mount any folder of a node as a hostPath volume, with every credential in it",
    verbs=("create",),
    groups=("",),
    resources=("persistentvolumes",),
    narrowed=("create",),
)
API_SERVICES = Escalation(
    name="API services",
    consequence="answer requests for whole API groups in the API server's place, and read what is "
    "sent there",
    verbs=("create", "update", "patch"),
    groups=("apiregistration.k8s.io",),
    resources=("apiservices",),
)
_REQUESTS = ("get", "create", "update", "patch", "delete")
POD_PROXY = Escalation(
    name="requests to pods and services",
    consequence="send requests to every pod and service there, as if from inside the cluster",
    verbs=_REQUESTS,
    groups=("",),
    resources=("pods/proxy", "services/proxy"),
    narrowed=_REQUESTS,
)
ESCALATIONS = (
    GRANTING,
    BINDING,
    IMPERSONATION,
    TOKENS,
    TOKEN_SECRETS,
    SECRETS,
    NODE_PROXY,
    EXECUTION,
    DEBUGGING,
    ADMISSION,
    CERTIFICATES,
    VOLUMES,
    API_SERVICES,
    POD_PROXY,
)
"""What gives more wherever it is given, the shortest way to an administrator's rights first."""
MANAGEMENT = Escalation(
    name="roles and bindings",
    consequence="change others' roles and bindings, within the rights that it has or may give",
    verbs=_CHANGE,
    groups=(RBAC_GROUP,),
    resources=("clusterrolebindings", "clusterroles", "rolebindings", "roles"),
)
"""Changes of roles and bindings, by which kube-apiserver lets nobody give more than they have or may bind."""
_CONTROLLERS = ("daemonsets", "deployments", "replicasets", "statefulsets")
_CHANGED_WORKLOADS = Escalation(
    name="changes of workloads",
    consequence="run its own images as every service account there, the control plane's included",
    verbs=("update", "patch"),
    groups=("", "apps", "batch"),
    resources=("pods", "replicationcontrollers", *_CONTROLLERS, "cronjobs"),
)
_NEW_WORKLOADS = replace(
    _CHANGED_WORKLOADS,
    name="new workloads",
    verbs=("create",),
    resources=(*_CHANGED_WORKLOADS.resources, "jobs"),  # the image of a job never changes
    narrowed=("create",),
)
WORKLOADS = (_NEW_WORKLOADS, _CHANGED_WORKLOADS)
"""What gives more only where the control plane's service accounts are."""


def wildcards(rule: PolicyRule) -> list[str]:
    """The fields of a rule that hold `*`, with Kubernetes' names."""
    fields = {
        "verbs": rule.verbs,
        "apiGroups": rule.api_groups,
        "resources": rule.resources,
        "nonResourceURLs": rule.non_resource_urls,
    }
    return [name for name, values in fields.items() if ALL in values]


def included(rules: Collection[PolicyRule]) -> Iterator[Escalation]:
    """Everything that the rules of a role give, by a name or by `*`; several have the same name."""
    return (one for one in ESCALATIONS if one.is_included_in(rules))


def reaches_control_plane(namespaces: Collection[str] | None) -> bool:
    """Whether a right in these namespaces, or cluster wide (None), holds for its accounts too."""
    return namespaces is None or CONTROL_PLANE in namespaces


def consequences(rules: Collection[PolicyRule], namespaces: Collection[str] | None) -> list[str]:
    """All that rules let their holder do beyond what they say, if they are given in these places.

    Args:
        rules: of a role.
        namespaces: None for cluster wide.
    """
    workloads = WORKLOADS if reaches_control_plane(namespaces) else ()
    sought = (*ESCALATIONS, MANAGEMENT, *workloads)
    found = (one for one in sought if one.is_included_in(rules))
    return list(dict.fromkeys(one.consequence for one in found))


def consequences_of(ref: RoleRef, namespaces: Collection[str] | None) -> list[str]:
    """What one of Kubernetes' own roles lets its holder do beyond what it says, where it is bound.

    Empty for any other role, and for those that are made for people.
    """
    is_sought = built_in_roles.is_for_components(ref)
    rules = built_in_roles.rules_of(ref, namespaces) if is_sought else None
    return consequences(rules or (), namespaces)
