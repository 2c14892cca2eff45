"""Rules against excessive rights: settings that work, but grant too much."""

from __future__ import annotations

from collections.abc import Iterator

from cks_components.kubernetes import subject_names
from cks_components.rbac import built_in_roles, escalation
from cks_components.rbac.escalation import CONTROL_PLANE
from cks_components.rbac.rule import ALL
from cks_components.rules.judged_binding import JudgedBinding
from cks_components.rules.judged_block import JudgedBlock, at
from cks_components.rules.rule import (
    ERROR,
    ERROR_IN_PRODUCTION,
    GROWING,
    Rule,
    Violation,
)

CLUSTER_ADMIN = "cluster-admin"
_NEARLY_ADMIN = ("admin", "edit")
_EVERYBODY = {
    "system:authenticated": "means everybody with any token",
    "system:unauthenticated": "means everybody without a token",
    "system:anonymous": "means everybody without a token",
}
_OWN = (
    "is one of Kubernetes' own names and is never bound by this program; bind a group of your "
    "provider"
)
_SERVICE_ACCOUNTS = f"{subject_names.KUBERNETES_OWN}serviceaccount"
_ACCOUNT = (
    "is a name of service accounts, which no identity provider sends; give a pipeline its rights "
    "in automation"
)
_BIND_A_GROUP = "bind a group of your provider"


def _own_names(judged: JudgedBinding) -> Iterator[Violation]:
    for name in judged.all:
        if name.text in _EVERYBODY:
            continue
        if name.text.startswith(_SERVICE_ACCOUNTS):
            yield name.wrong(_ACCOUNT)
        elif name.text.startswith(subject_names.KUBERNETES_OWN):
            yield name.wrong(_OWN)
        elif name.effective.startswith(subject_names.KUBERNETES_OWN):
            yield name.wrong(f'becomes "{name.effective}", which {_OWN}')


def _own_admin_group(judged: JudgedBlock) -> Iterator[Violation]:
    group = judged.oidc.admin_group_binding or ""
    if group.startswith(subject_names.KUBERNETES_OWN):
        yield at("admin_group_binding", f'"{group}" {_OWN}')


def _everybody(judged: JudgedBinding) -> Iterator[Violation]:
    for name in judged.all:
        if name.text in _EVERYBODY:
            yield name.wrong(
                f"{_EVERYBODY[name.text]} and is never bound by this program; {_BIND_A_GROUP}"
            )


def _single_admins(judged: JudgedBinding) -> Iterator[Violation]:
    if judged.binding.users and judged.binding.cluster_role == CLUSTER_ADMIN:
        yield Violation(
            "clusterRole",
            "cluster-admin for single users gives each of their accounts full control of the "
            "cluster; bind a group or a narrower role, or waive RBAC-03 with a reason",
        )


def _single_users(judged: JudgedBinding) -> Iterator[Violation]:
    could_be_groups = judged.preset.people_log_in and judged.preset.sends_groups
    is_reported_already = judged.binding.cluster_role == CLUSTER_ADMIN
    if judged.binding.users and could_be_groups and not is_reported_already:
        yield Violation(
            "users",
            "single users keep their rights when they change teams; bind a group of your provider, "
            "or waive RBAC-04 with a reason",
        )


def _wide(judged: JudgedBinding) -> Iterator[Violation]:
    role = judged.base_role
    if judged.binding.namespaces is None and role in _NEARLY_ADMIN:
        yield Violation(
            "clusterRole",
            f"{_role(judged)} cluster wide can create tokens for every service account, including those of "
            "kube-system, which is nearly cluster-admin; write namespaces, or waive RBAC-05 with a "
            "reason",
        )


def _in_kube_system(judged: JudgedBinding) -> Iterator[Violation]:
    if judged.base_role in _NEARLY_ADMIN and CONTROL_PLANE in (judged.binding.namespaces or ()):
        yield Violation(
            "clusterRole",
            f"{_role(judged)} in {CONTROL_PLANE} can create tokens for the control plane's own service "
            "accounts, which is nearly cluster-admin; write other namespaces, or waive RBAC-05 "
            "with a reason",
        )


def _role(judged: JudgedBinding) -> str:
    given, base = judged.binding.cluster_role, judged.base_role
    return given if given == base else f"{given} (which extends {base})"


def _leads_to_more(judged: JudgedBinding) -> Iterator[Violation]:
    ref = judged.binding.role_ref
    if not built_in_roles.is_for_components(ref):  # before its namespaces, which may be unknown
        return
    if found := escalation.consequences_of(ref, judged.binding.namespaces):
        yield Violation(
            _key(judged),
            f'"{ref.name}" is one of Kubernetes\' own roles and lets its holder '
            f"{', and '.join(found)}; write a role of your own (roles) with what is needed, or waive "
            "RBAC-13 with a reason",
        )


def _workloads(judged: JudgedBinding) -> Iterator[Violation]:
    is_reported_already = judged.base_role in _NEARLY_ADMIN
    parts = [] if is_reported_already else _workload_parts(judged)
    if not parts or not escalation.reaches_control_plane(judged.binding.namespaces):
        return
    is_wide = judged.binding.namespaces is None
    where = "cluster wide" if is_wide else f"in {CONTROL_PLANE}"
    everybody = f"every service account, including those of {CONTROL_PLANE}"
    whose = everybody if is_wide else "the control plane's own service accounts"
    yield Violation(
        _key(judged),
        f'{judged.binding.role_ref.name} {where} can run its own images ("{parts[0]}") as {whose}, '
        f"which is nearly cluster-admin; write {'' if is_wide else 'other '}namespaces, or waive "
        "ROLE-14 with a reason",
    )


def _workload_parts(judged: JudgedBinding) -> list[str]:
    """The parts of the stack's own role by which its holder chooses what runs."""
    given = judged.binding.role_ref
    rules = (rule for role in judged.roles if role.ref == given for rule in role.policy_rules)
    return [
        one.given_by(rule) or ALL
        for rule in rules
        for one in escalation.WORKLOADS
        if one.is_included_in([rule])
    ]


def _key(judged: JudgedBinding) -> str:
    return "clusterRole" if judged.binding.role_ref.kind == "ClusterRole" else "role"


def _role_name(judged: JudgedBinding) -> Iterator[Violation]:
    ref = judged.binding.role_ref
    if "*" in ref.name or ref.name != ref.name.strip():
        yield Violation(
            _key(judged),
            f'"{ref.name}" is not the name of a role; write the name of one {ref.kind}',
        )


def _admin_group(judged: JudgedBlock) -> Iterator[Violation]:
    if judged.oidc.admin_group_binding is not None:
        yield at(
            "admin_group_binding",
            "gives cluster-admin outside RBAC, and the output access does not show it; bind the "
            "group in bindings, or waive RBAC-07 with a reason",
        )


BLOCK_RULES: tuple[Rule[JudgedBlock], ...] = (
    Rule(
        "RBAC-01",
        "`adminGroupBinding` does not begin with `system:`",
        ERROR,
        _own_admin_group,
        is_waivable=False,
    ),
    Rule("RBAC-07", "there is no `adminGroupBinding`", ERROR_IN_PRODUCTION, _admin_group),
)
BINDING_RULES: tuple[Rule[JudgedBinding], ...] = (
    Rule(
        "RBAC-01",
        "no bound name begins with `system:`, as written or with its prefix",
        ERROR,
        _own_names,
        is_waivable=False,
    ),
    Rule(
        "RBAC-02",
        "nothing is bound to `system:authenticated`, `system:unauthenticated`, `system:anonymous`",
        ERROR,
        _everybody,
        is_waivable=False,
    ),
    Rule("RBAC-03", "`cluster-admin` goes to groups, not to single users", GROWING, _single_admins),
    Rule(
        "RBAC-04",
        "roles go to groups, not to single users, where the provider sends groups of people",
        GROWING,
        _single_users,
    ),
    Rule(
        "RBAC-05",
        "`edit` and `admin` are given in namespaces, not cluster wide",
        ERROR_IN_PRODUCTION,
        _wide,
    ),
    Rule(
        "RBAC-05",
        "`edit` and `admin` are not given in kube-system",
        ERROR_IN_PRODUCTION,
        _in_kube_system,
    ),
    Rule("RBAC-06", "a role is named without a wildcard", ERROR, _role_name),
    Rule(
        "RBAC-13",
        "none of Kubernetes' own roles is bound that leads to more than it says (`system:node`, "
        "`system:kube-controller-manager`, `system:aggregate-to-edit` and others)",
        ERROR_IN_PRODUCTION,
        _leads_to_more,
    ),
    Rule(
        "ROLE-14",
        "a role of the stack that creates or changes workloads is given in namespaces, and not in "
        "kube-system",
        ERROR_IN_PRODUCTION,
        _workloads,
    ),
)
