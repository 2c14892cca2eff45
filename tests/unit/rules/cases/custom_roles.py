"""What the rules of `cks_components.rules.custom_roles` accept and refuse."""

from __future__ import annotations

from tests.unit.rules.subjects import (
    HOOKS,
    RBAC,
    Case,
    custom,
)

CASES: list[Case] = [
    (
        "ROLE-01.1",
        custom("bind", "clusterroles", RBAC, names=["view"]),
        custom("bind", "clusterroles", RBAC),
        "rules[0]",
        '"bind on clusterroles" lets its holder give every right to anybody, itself included; '
        "remove it and give roles in bindings, name the roles of bind in resourceNames, or waive "
        "ROLE-01 with a reason",
    ),
    (
        "ROLE-01.2",
        custom("bind", "clusterroles", RBAC, names=["view", "jobs"]),
        custom("bind", "clusterroles", RBAC, names=["view", "admin"]),
        "rules[0]",
        '"bind on clusterroles" lets its holder give a role that leads to an administrator\'s rights '
        "to anybody, itself included; name weaker roles in resourceNames, or waive ROLE-01 with a "
        "reason",
    ),
    (
        "ROLE-02.1",
        custom("get", "users"),
        custom("impersonate", "users"),
        "rules[0]",
        '"impersonate on users" lets its holder act as the users, groups or service accounts that '
        "it names, administrators included; remove it, or waive ROLE-02 with a reason",
    ),
    (
        "ROLE-03.1",
        custom("create", "serviceaccounts/token", names=["deployer"]),
        custom("create", "serviceaccounts/token"),
        "rules[0]",
        '"create on serviceaccounts/token" lets its holder log in as every service account there, '
        "with all its rights; name the accounts in resourceNames, or waive ROLE-03 with a reason",
    ),
    (
        "ROLE-03.2",
        custom("create update", "secrets"),
        custom("create list", "secrets"),
        "rules[0]",
        '"create on secrets" lets its holder log in as every service account there, with all its '
        "rights; Kubernetes writes a token into a new Secret of that type, and the role shows "
        "Secrets; remove one of the two, or waive ROLE-03 with a reason",
    ),
    (
        "ROLE-04.1",
        custom("get", "secrets", names=["db"]),
        custom("watch", "pods secrets"),
        "rules[0]",
        '"watch on secrets" lets its holder read every password, key and token that is kept there; '
        "name the Secrets in resourceNames, or waive ROLE-04 with a reason",
    ),
    (
        "ROLE-05.1",
        custom("get", "nodes/metrics nodes/log"),
        custom("get", "nodes/proxy"),
        "rules[0]",
        '"get on nodes/proxy" lets its holder run commands in every pod of a node, past the API '
        "server's audit log; write what is needed of nodes/metrics, nodes/stats, nodes/log and "
        "nodes/healthz, or waive ROLE-05 with a reason",
    ),
    (
        "ROLE-06.1",
        custom("get", "pods/log"),
        custom("create", "pods/exec"),
        "rules[0]",
        '"create on pods/exec" lets its holder run commands in pods, with the rights and Secrets '
        "of their service accounts; remove it where pods/log is enough, or waive ROLE-06 with a "
        "reason",
    ),
    (
        "ROLE-06.2",
        custom("get", "pods/ephemeralcontainers"),
        custom("patch", "pods/ephemeralcontainers"),
        "rules[0]",
        '"patch on pods/ephemeralcontainers" lets its holder run commands in pods, with the rights '
        "and Secrets of their service accounts; remove it where pods/log is enough, or waive ROLE-06 "
        "with a reason",
    ),
    (
        "ROLE-07.1",
        custom("get", "mutatingwebhookconfigurations", HOOKS),
        custom("patch", "mutatingwebhookconfigurations", HOOKS),
        "rules[0]",
        '"patch on mutatingwebhookconfigurations" lets its holder read and change every object that '
        "anybody writes; remove it, or waive ROLE-07 with a reason",
    ),
    (
        "ROLE-08.1",
        custom("get", "*/scale", "apps"),
        custom("get", "*"),
        "rules[0].resources",
        '"*" also means everything that is added later, and includes today: reads of Secrets, '
        "nodes/proxy, commands in pods, requests to pods and services; write the names, or waive "
        "ROLE-08 with a reason",
    ),
    (
        "ROLE-09.1",
        custom("get", "certificatesigningrequests", "certificates.k8s.io"),
        custom("approve", "signers", "certificates.k8s.io"),
        "rules[0]",
        '"approve on signers" lets its holder issue certificates by which somebody logs in under '
        "any name; remove it, or waive ROLE-09 with a reason",
    ),
    (
        "ROLE-10.1",
        custom("get", "pods", name="viewer"),
        custom("get", "pods", name="view"),
        "name",
        '"view" is a role that every cluster has, and would be replaced; write another name',
    ),
    (
        "ROLE-11.1",
        custom("get list", "pods pods/log jobs", "*"),
        custom("get", "pod"),
        "rules[0].resources[0]",
        '"pod" is no resource of the API group "" in Kubernetes v1.36.3 (the nearest is "pods"), '
        "so the rule would give nothing for it; correct it, or waive ROLE-11 if your clusters have "
        "it",
    ),
    (
        "ROLE-15.1",
        custom("create", "persistentvolumeclaims"),
        custom("create", "persistentvolumes"),
        "rules[0]",
        '"create on persistentvolumes" lets its holder mount any folder of a node as a hostPath '
        "volume, with every credential in it; remove it and claim volumes by "
        "persistentvolumeclaims, or waive ROLE-15 with a reason",
    ),
    (
        "ROLE-16.1",
        custom("get delete", "apiservices", "apiregistration.k8s.io"),
        custom("update", "apiservices", "apiregistration.k8s.io"),
        "rules[0]",
        '"update on apiservices" lets its holder answer requests for whole API groups in the API '
        "server's place, and read what is sent there; remove it, or waive ROLE-16 with a reason",
    ),
    (
        "ROLE-17.1",
        custom("get", "services/proxy", names=["dashboard"]),
        custom("get", "services/proxy"),
        "rules[0]",
        '"get on services/proxy" lets its holder send requests to every pod and service there, as '
        "if from inside the cluster; name the pods or services in resourceNames, or waive ROLE-17 "
        "with a reason",
    ),
]
