"""Rules by which whoever has them can get at more than they say.

Source: "Privilege escalation risks" in Kubernetes' page "Role Based Access Control Good Practices".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from cks_components.kubernetes.subject_names import RBAC_GROUP
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
        resources: any of them is enough; none stands for all.
        is_special_verb: whether the verbs mean this on whatever resource.
        narrowed: the verbs that are harmless in a rule for named objects only.
    """

    name: str
    consequence: str
    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    is_special_verb: bool = False
    narrowed: tuple[str, ...] = ()

    def given_by(self, rule: PolicyRule) -> str:
        """The part of a rule that gives it, such as `create on secrets`; empty if none does.

        A resource that a rule has only as `*` is not looked for, unless the verb is special: what
        `*` gives is a question of its own.
        """
        harmless = self.narrowed if rule.resource_names else ()
        verbs = [verb for verb in self.verbs if verb not in harmless]
        verb = next((v for v in verbs if v in rule.verbs), "")
        has_group = ALL in rule.api_groups or any(g in rule.api_groups for g in self.groups)
        if not has_group or not (verb or (verbs and ALL in rule.verbs)):
            return ""
        resource = next((r for r in self.resources if _names(rule, r)), "")
        if not resource and self.is_special_verb and verb and ALL in rule.resources:
            resource = ALL
        return f"{verb or ALL} on {resource}" if resource else ""

    def is_included_in(self, rule: PolicyRule) -> bool:
        """Whether a rule gives it, by a name or by `*`."""
        everything = replace(rule, resources=self.resources) if ALL in rule.resources else rule
        return bool(self.given_by(everything))


def _names(rule: PolicyRule, resource: str) -> bool:
    """Whether a rule names a resource or, as `*/token`, the subresource of each."""
    _, slash, subresource = resource.partition("/")
    return resource in rule.resources or (bool(slash) and f"*/{subresource}" in rule.resources)


GRANTING = Escalation(
    name="escalate and bind",
    consequence="give every right to anybody, itself included",
    verbs=("escalate", "bind"),
    groups=(RBAC_GROUP,),
    resources=("clusterroles", "roles"),
    is_special_verb=True,
    narrowed=("bind",),
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
SECRETS = Escalation(
    name="reads of Secrets",
    consequence="read every password, key and token that is kept there",
    verbs=_READ,
    groups=("",),
    resources=("secrets",),
    narrowed=_READ,
)
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
    verbs=("create", "get", "update", "patch"),
    groups=("",),
    resources=("pods/exec", "pods/attach", "pods/ephemeralcontainers"),
)
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
    IMPERSONATION,
    TOKENS,
    SECRETS,
    NODE_PROXY,
    EXECUTION,
    ADMISSION,
    CERTIFICATES,
    VOLUMES,
    API_SERVICES,
    POD_PROXY,
)
"""What gives more wherever it is given, the shortest way to an administrator's rights first."""
MANAGEMENT = Escalation(
    name="roles and bindings",
    consequence="change others' roles and bindings, as far as its own rights go",
    verbs=_CHANGE,
    groups=(RBAC_GROUP,),
    resources=("clusterrolebindings", "clusterroles", "rolebindings", "roles"),
)
"""Changes of roles and bindings, by which kube-apiserver lets nobody give more than they have."""
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


def included(rule: PolicyRule) -> Iterator[Escalation]:
    """Everything that a rule gives, by a name or by `*`."""
    return (one for one in ESCALATIONS if one.is_included_in(rule))


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
    found = (one for one in sought if any(one.is_included_in(rule) for rule in rules))
    return list(dict.fromkeys(one.consequence for one in found))
