"""What the rules of `cks_components.rules.excessive_rights` accept and refuse."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.rules.subjects import (
    Case,
    block,
    bound,
    custom,
)

CASES: list[Case] = [
    (
        "RBAC-01.1",
        block(adminGroupBinding="admins"),
        block(adminGroupBinding="system:masters"),
        "adminGroupBinding",
        '"system:masters" is one of Kubernetes\' own names and is never bound by this program; '
        "bind a group of your provider",
    ),
    (
        "RBAC-01.2",
        bound("system-admins", "system:authenticated"),
        bound("ml", "system:masters"),
        "groups[1]",
        '"system:masters" is one of Kubernetes\' own names and is never bound by this program; '
        "bind a group of your provider",
    ),
    (
        "RBAC-02.1",
        bound("ml", "system:masters"),
        bound(users=("system:anonymous",)),
        "users[0]",
        '"system:anonymous" means everybody without a token and is never bound by this program; '
        "bind a group of your provider",
    ),
    (
        "RBAC-03.1",
        bound("admins", role="cluster-admin"),
        bound("admins", users=("alice@example.com",), role="cluster-admin"),
        "clusterRole",
        "cluster-admin for single users gives each of their accounts full control of the cluster; "
        "bind a group or a narrower role, or waive RBAC-03 with a reason",
    ),
    (
        "RBAC-04.1",
        bound("ml", role="view"),
        bound(users=("alice@example.com",), role="view"),
        "users",
        "single users keep their rights when they change teams; bind a group of your provider, or "
        "waive RBAC-04 with a reason",
    ),
    (
        "RBAC-05.1",
        bound("ml", role="edit", namespaces=("training",)),
        bound("ml", role="edit"),
        "clusterRole",
        "edit cluster wide can create tokens for every service account, including those of "
        "kube-system, which is nearly cluster-admin; write namespaces, or waive RBAC-05 with a "
        "reason",
    ),
    (
        "RBAC-05.2",
        bound("ml", role="view", namespaces=("training", "kube-system")),
        bound("ml", role="admin", namespaces=("training", "kube-system")),
        "clusterRole",
        "admin in kube-system can create tokens for the control plane's own service accounts, "
        "which is nearly cluster-admin; write other namespaces, or waive RBAC-05 with a reason",
    ),
    (
        "RBAC-06.1",
        bound("ml", role="view"),
        bound("ml", role="*"),
        "clusterRole",
        '"*" is not the name of a role; write the name of one ClusterRole',
    ),
    (
        "RBAC-07.1",
        block(),
        block(adminGroupBinding="admins"),
        "adminGroupBinding",
        "gives cluster-admin outside RBAC, and the output access does not show it; bind the group "
        "in bindings, or waive RBAC-07 with a reason",
    ),
    (
        "RBAC-13.1",
        bound("ml", role="system:monitoring"),
        bound("ml", role="system:kubelet-api-admin"),
        "clusterRole",
        '"system:kubelet-api-admin" is one of Kubernetes\' own roles and lets its holder run '
        "commands in every pod of a node, past the API server's audit log; write a role of your "
        "own (roles) with what is needed, or waive RBAC-13 with a reason",
    ),
    (
        "ROLE-14.1",
        replace(
            bound("ml", role="jobs", namespaces=("training",)),
            roles=[custom("create", "jobs", "batch")],
        ),
        replace(bound("ml", role="jobs"), roles=[custom("create", "jobs", "batch")]),
        "clusterRole",
        'jobs cluster wide can run its own images ("create on jobs") as every service account, '
        "including those of kube-system, which is nearly cluster-admin; write namespaces, or waive "
        "ROLE-14 with a reason",
    ),
]
